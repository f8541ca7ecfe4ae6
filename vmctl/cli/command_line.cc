// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/command_line.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "vmctl/cli/report.h"

namespace vm_control::vmctl {
namespace {

// "--name TYPE" as two words.
struct Usage {
  explicit Usage(const std::string& text)
      : name(text.substr(0, text.find(' '))), type(text.substr(text.find(' ') + 1)) {}

  std::string name;
  std::string type;
};

template <class Value>
void add(CLI::App& app, const Usage& usage, Value& value, const char* description) {
  app.add_option(usage.name, value, description)->type_name(usage.type);
}

// Empty, or what is wrong with `text` as a number of seconds.
std::string check_timeout(const std::string& text) {
  double seconds = 0;
  bool ok = CLI::detail::lexical_cast(text, seconds) && seconds >= 0.001 && seconds <= 1e6;
  return ok ? "" : "a timeout is 0.001 to 1000000 seconds, not " + text;
}

// `text` as check_timeout() has found it to be right.
std::chrono::milliseconds milliseconds_in(const std::string& text) {
  double seconds = 0;
  CLI::detail::lexical_cast(text, seconds);
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

// Removes the footer that a subcommand inherits, and lets it take the options of the program.
void finish(CLI::App& command) {
  command.footer("");
  command.fallthrough();
  for (CLI::App* each : command.get_subcommands({})) finish(*each);
}

}  // namespace

Command Command::add_subcommand(const char* name, const char* description) {
  return {*app_->add_subcommand(name, description), *selected_};
}

void Command::require_subcommand() {
  app_->require_subcommand(1);
}

void Command::add_argument(const char* name, std::string& value, const char* description) {
  app_->add_option(name, value, description)->required();
}

void Command::add_argument(const char* name, uint32_t& value, const char* description) {
  app_->add_option(name, value, description)->required()->type_name("");
}

void Command::add_argument(const char* name, std::vector<std::string>& values,
                           const char* description) {
  app_->add_option(name, values, description)->required();
}

void Command::add_optional_argument(const char* name, std::string& value, const char* description) {
  app_->add_option(name, value, description);
}

void Command::add_option(const char* usage, std::string& value, const char* description) {
  add(*app_, Usage(usage), value, description);
}

void Command::add_option(const char* usage, uint32_t& value, const char* description) {
  add(*app_, Usage(usage), value, description);
}

void Command::add_option(const char* usage, std::optional<uint64_t>& value,
                         const char* description) {
  add(*app_, Usage(usage), value, description);
}

void Command::add_option(const char* usage, std::vector<std::string>& values,
                         const char* description) {
  add(*app_, Usage(usage), values, description);
}

void Command::add_timeout(const char* text, std::chrono::milliseconds& value,
                          const char* description) {
  std::function<void(const std::string&)> set = [&value](const std::string& seconds) {
    value = milliseconds_in(seconds);
  };
  Usage usage(text);
  app_->add_option_function<std::string>(usage.name, set, description)
      ->type_name(usage.type)
      ->check(check_timeout);
}

void Command::add_timeout_flag(const char* text, std::optional<std::chrono::milliseconds>& value,
                               const char* description) {
  Usage usage(text);
  app_->add_flag(usage.name)
      ->description(description)
      ->type_name(usage.type)
      ->check(check_timeout)
      ->each([&value](const std::string& seconds) { value = milliseconds_in(seconds); });
}

void Command::add_flag(const char* name, bool& value, const char* description) {
  app_->add_flag(name, value, description);
}

void Command::on_run(Call call) {
  app_->callback([selected = selected_, call = std::move(call)] { *selected = call; });
}

CommandLine::CommandLine(const Texts& texts, Output& output)
    : app_(std::make_unique<CLI::App>(texts.description, texts.name)), output_(output) {
  app_->footer(texts.footer);
  app_->get_formatter()->label("TEXT", "");
  app_->get_formatter()->label("REQUIRED", "");
  app_->get_formatter()->column_width(28);
  app_->set_version_flag("--version", texts.version);
}

CommandLine::~CommandLine() = default;

ExitStatus CommandLine::run(int argc, char** argv) {
  for (CLI::App* command : app_->get_subcommands({})) finish(*command);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (app_->remaining_size() == 0) return app_->exit(error) == 0 ? kDone : kUsage;
    return fail_with(kUsage, "no such command: " + app_->remaining().front() + " (see --help)");
  } catch (const CLI::CallForHelp&) {
    output_.add(app_->help());
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    output_.add(version.what() + std::string("\n"));
    return kDone;
  } catch (const CLI::ParseError& error) {
    app_->exit(error);
    return kUsage;
  }
  return selected_();
}

}  // namespace vm_control::vmctl
