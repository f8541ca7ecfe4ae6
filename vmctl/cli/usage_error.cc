// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/usage_error.h"

#include <algorithm>
#include <string_view>

#include "vmctl/cli/help_text.h"

namespace vm_control::vmctl {
namespace {

// "stop: WHAT (see 'vmctl stop --help')"
std::string about(const CLI::App& command, const std::string& what) {
  std::string name = full_name(command);
  size_t space = name.find(' ');
  std::string prefix = space == std::string::npos ? "" : name.substr(space + 1) + ": ";
  return prefix + what + " (see '" + name + " --help')";
}

// The command that the words before `end` name.
const CLI::App& command_before(const CLI::App& program, std::span<char* const> arguments,
                               std::span<char* const>::iterator end) {
  const CLI::App* command = &program;
  auto next = arguments.begin();
  for (auto parsed = command->get_subcommands(); !parsed.empty();
       parsed = command->get_subcommands()) {
    next = std::find(next, end, parsed.front()->get_name());
    if (next == end) break;
    command = parsed.front();
  }
  return *command;
}

// CLI11 tells a mistake with the value of an option as "--name: MISTAKE".
std::string describe_value(const CLI::ParseError& error) {
  std::string text = error.what();
  std::string name = text.substr(0, text.find_first_of(": "));
  if (error.get_name() == "RequiredError") return name + " is missing";
  if (error.get_name() == "ValidationError") return name + text.substr(text.find(": ") + 1);
  if (text.find("At Most") != std::string::npos) return name + " is given more than once";
  bool is_flag = text.find("flag override") != std::string::npos;  // which has no dashes there
  return is_flag ? "--" + name + " takes no value" : name + " needs a value";
}

}  // namespace

std::string no_such_command(const CLI::App& command, const std::string& word) {
  return about(command, "no such command: " + word);
}

std::string describe(const CLI::ParseError& error, const CLI::App& program,
                     std::span<char* const> arguments) {
  // Commands pass on to the program what they don't know.
  auto unknown = program.remaining();
  if (unknown.empty()) {
    const CLI::App& command = command_before(program, arguments, arguments.end());
    bool needs_command = command.get_require_subcommand_min() > 0;
    bool is_missing = needs_command && error.get_name() == "RequiredError";
    return about(command, is_missing ? "a command is missing" : describe_value(error));
  }
  const std::string& word = unknown.front();
  auto at = std::ranges::find(arguments, word, [](char* each) { return std::string_view(each); });
  const CLI::App& command = command_before(program, arguments, at);
  if (word.starts_with('-')) return about(command, "unknown option " + word);
  if (command.get_require_subcommand_min() > 0) return no_such_command(command, word);
  return about(command, "unexpected argument " + word);
}

}  // namespace vm_control::vmctl
