// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/help_text.h"

#include <algorithm>
#include <vector>

#include "vmctl/cli/text_size.h"

namespace vm_control::vmctl {
namespace {

// Where descriptions begin, if there is room for them.
constexpr size_t kMargin = 28;
constexpr size_t kMaxColumns = 100;  // wider text is hard to read

bool takes_several(const CLI::Option& option) {
  return option.get_expected_max() >= CLI::detail::expected_max_vector_size;
}

// "VM...", or "[SIZE]" for one that may be left out.
std::string argument_in_usage(const CLI::Option& argument) {
  std::string name = argument.get_name(true) + (takes_several(argument) ? "..." : "");
  return argument.get_required() ? name : "[" + name + "]";
}

// "-h, --help", "--name NAME", "--graceful[=SECONDS]".
std::string name_in_list(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string name;
  for (const std::string& each : option.get_snames()) name += "-" + each + ", ";
  name += "--" + option.get_lnames().front();
  std::string value = option.get_type_name();
  if (value.empty()) return name;
  return value.starts_with('[') ? name + value : name + " " + value;
}

class HelpText {
 public:
  explicit HelpText(size_t columns) : columns_(std::min(columns, kMaxColumns)) {}

  void add(const std::string& text, size_t hanging = 0) {
    text_ += wrap(text, columns_, hanging) + '\n';
  }

  // Adds a title above the entries that follow.
  void add_title(const char* title) { text_ += '\n' + std::string(title) + ":\n"; }

  // Adds a name and its description: beside it, or below where the screen is narrow.
  void add_entry(const std::string& name, const std::string& description) {
    bool is_narrow = columns_ < 2 * kMargin;
    std::string line = "  " + name;
    if (is_narrow || line.size() + 2 > kMargin) {
      add(line, 4);
      line.clear();
    }
    line.resize(is_narrow ? 6 : kMargin, ' ');
    add_beside(line, description);
  }

  const std::string& text() const { return text_; }

 private:
  // Wraps `description` in the columns behind `start`, which its first line begins with.
  void add_beside(const std::string& start, const std::string& description) {
    std::string indent(start.size(), ' ');
    std::string wrapped = wrap(indent + description, columns_);
    text_ += start + wrapped.substr(start.size()) + '\n';
  }

  size_t columns_;
  std::string text_;
};

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* each) { return each->get_positional(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  // The program has --help as well.
  const CLI::Option* omitted = command.get_parent() ? command.get_help_ptr() : nullptr;
  return command.get_options(
      [omitted](const CLI::Option* each) { return !each->get_positional() && each != omitted; });
}

void add_options(HelpText& help, const char* title,
                 const std::vector<const CLI::Option*>& options) {
  if (options.empty()) return;
  help.add_title(title);
  for (const CLI::Option* each : options) {
    help.add_entry(name_in_list(*each), each->get_description());
  }
}

std::string usage_of(const CLI::App& command) {
  std::string usage = "Usage: " + full_name(command) + " [OPTIONS]";
  for (const CLI::Option* each : arguments_of(command)) usage += " " + argument_in_usage(*each);
  return command.get_subcommands({}).empty() ? usage : usage + " COMMAND ...";
}

}  // namespace

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent ? full_name(*parent) + " " + command.get_name() : command.get_name();
}

std::string help_text(const CLI::App& command, size_t columns) {
  HelpText help(columns);
  help.add(usage_of(command), 4);
  help.add("\n" + command.get_description());
  add_options(help, "Arguments", arguments_of(command));
  auto commands = command.get_subcommands({});
  if (!commands.empty()) help.add_title("Commands");
  for (const CLI::App* each : commands) help.add_entry(each->get_name(), each->get_description());
  const CLI::App* program = &command;
  while (program->get_parent()) program = program->get_parent();
  if (program != &command) add_options(help, "Options", options_of(command));
  add_options(help, "Options of every command", options_of(*program));
  if (!command.get_footer().empty()) help.add("\n" + command.get_footer());
  return help.text();
}

}  // namespace vm_control::vmctl
