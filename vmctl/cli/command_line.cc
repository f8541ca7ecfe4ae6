// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/command_line.h"

#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include <CLI/CLI.hpp>

#include "vmctl/cli/help_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/text_size.h"
#include "vmctl/cli/usage_error.h"

namespace vm_control::vmctl {
namespace {

// "--name TYPE" as two words.
struct Usage {
  explicit Usage(const std::string& text)
      : name(text.substr(0, text.find(' '))), type(text.substr(text.find(' ') + 1)) {}

  std::string name;
  std::string type;
};

// An option or argument whose value is not empty: what is not to be set is left out.
template <class Value>
CLI::Option* add(CLI::App& app, const char* name, Value& value, const char* description) {
  return app.add_option(name, value, description)
      ->type_name("")
      ->check([](const std::string& text) {
        return text.empty() ? "needs a value that is not empty" : "";
      });
}

template <class Value>
void add(CLI::App& app, const Usage& usage, Value& value, const char* description) {
  add(app, usage.name.c_str(), value, description)->type_name(usage.type);
}

// A number, in decimal or, with 0x, in hexadecimal digits, as `set` takes it.
template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, const char* description,
                        std::function<void(Number)> set) {
  auto parse = [](const std::string& text, Number& number) {
    bool is_hex = text.starts_with("0x");
    const char* end = text.data() + text.size();
    auto [stop, error] =
        std::from_chars(text.data() + (is_hex ? 2 : 0), end, number, is_hex ? 16 : 10);
    return error == std::errc() && stop == end;
  };
  std::function<void(const std::string&)> take = [=](const std::string& text) {
    Number number = 0;
    if (parse(text, number)) set(number);
  };
  return app.add_option_function<std::string>(name, take, description)
      ->type_name("")
      ->check([=](const std::string& text) {
        Number number = 0;
        if (parse(text, number)) return std::string();
        return "takes a number from 0 to " + std::to_string(std::numeric_limits<Number>::max()) +
               ", not '" + text + "'";
      });
}

// Empty, or what is wrong with `text` as a number of seconds.
std::string check_timeout(const std::string& text) {
  double seconds = 0;
  bool ok = CLI::detail::lexical_cast(text, seconds) && seconds >= 0.001 && seconds <= 1e6;
  return ok ? "" : "takes 0.001 to 1000000 seconds, not '" + text + "'";
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
  add(*app_, name, value, description)->required();
}

void Command::add_argument(const char* name, uint32_t& value, const char* description) {
  add_number<uint32_t>(*app_, name, description, [&value](uint32_t number) {
    value = number;
  })->required();
}

void Command::add_argument(const char* name, std::vector<std::string>& values,
                           const char* description) {
  add(*app_, name, values, description)->required();
}

void Command::add_optional_argument(const char* name, std::string& value, const char* description) {
  add(*app_, name, value, description);
}

void Command::add_optional_argument(const char* name, std::vector<std::string>& values,
                                    const char* description) {
  add(*app_, name, values, description);
}

void Command::add_option(const char* usage, std::string& value, const char* description) {
  add(*app_, Usage(usage), value, description);
}

void Command::add_option(const char* text, uint32_t& value, const char* description) {
  Usage usage(text);
  add_number<uint32_t>(*app_, usage.name, description, [&value](uint32_t number) {
    value = number;
  })->type_name(usage.type);
}

void Command::add_option(const char* text, std::optional<uint64_t>& value,
                         const char* description) {
  Usage usage(text);
  add_number<uint64_t>(*app_, usage.name, description, [&value](uint64_t number) {
    value = number;
  })->type_name(usage.type);
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
  app_->add_flag(name, value, description)->disable_flag_override();
}

void Command::on_run(Call call) {
  app_->callback([selected = selected_, call = std::move(call)] { *selected = call; });
}

CommandLine::CommandLine(const Texts& texts, Output& output)
    : app_(std::make_unique<CLI::App>(texts.description, texts.name)), output_(output) {
  app_->footer(texts.footer);
  app_->set_help_flag("-h,--help", "Print this help");
  app_->set_version_flag("--version", texts.version, "Print the version");
}

CommandLine::~CommandLine() = default;

void CommandLine::add_help() {
  Command help = root().add_subcommand("help", "Print the help of a command");
  auto words = std::make_shared<std::vector<std::string>>();
  help.add_optional_argument("COMMAND", *words, "Such as: memory map");
  help.on_run([this, words] { return print_help(*words); });
}

ExitStatus CommandLine::print_help(const std::vector<std::string>& words) {
  const CLI::App* command = app_.get();
  for (const std::string& word : words) {
    auto found =
        command->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
    if (found.empty()) return fail_with(kUsage, no_such_command(*command, word));
    command = found.front();
  }
  output_.add(help_text(*command, text_size().columns));
  return kDone;
}

ExitStatus CommandLine::run(int argc, char** argv) {
  add_help();
  for (CLI::App* command : app_->get_subcommands({})) finish(*command);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::vector<std::string> words;
    for (auto parsed = app_->get_subcommands(); !parsed.empty();) {
      words.push_back(parsed.front()->get_name());
      parsed = parsed.front()->get_subcommands();
    }
    return print_help(words);
  } catch (const CLI::CallForVersion& version) {
    output_.add(version.what() + std::string("\n"));
    return kDone;
  } catch (const CLI::ParseError& error) {
    std::span<char* const> arguments(argv, static_cast<size_t>(argc));
    return fail_with(kUsage, describe(error, *app_, arguments.subspan(argc > 0 ? 1 : 0)));
  }
  return selected_();
}

}  // namespace vm_control::vmctl
