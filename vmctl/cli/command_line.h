// SPDX-License-Identifier: BSD-3-Clause
// The command line: subcommands with their arguments and options.
//
// Subcommands know only this header, never CLI11, which command_line.cc is built on: CLI11's
// templates cost every source that includes them seconds to compile.
//
// Arguments and options are bound to variables, which must live until CommandLine::run() returns.
// The parser writes to those that the user gave and leaves the others as they are. It refuses empty
// values, so that an empty string stands for one that was left out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vmctl/cli/exit_status.h"
#include "vmctl/cli/output.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace vm_control::vmctl {

// A command or subcommand of a CommandLine, which outlives it. Copies stand for the same command.
class Command {
 public:
  using Call = std::function<ExitStatus()>;

  Command add_subcommand(const char* name, const char* description);
  // Makes it an error to give none of the subcommands.
  void require_subcommand();

  // Adds a positional argument, behind those that were added before. The help text calls it `name`.
  // Each must be given, except optional ones; a vector takes one or more.
  void add_argument(const char* name, std::string& value, const char* description);
  void add_argument(const char* name, uint32_t& value, const char* description);
  void add_argument(const char* name, std::vector<std::string>& values, const char* description);
  void add_optional_argument(const char* name, std::string& value, const char* description);
  void add_optional_argument(const char* name, std::vector<std::string>& values,
                             const char* description);

  // Adds an option with a value. `usage` is how the help text shows both: "--name NAME". A vector
  // takes the values of an option that is given more than once.
  void add_option(const char* usage, std::string& value, const char* description);
  void add_option(const char* usage, uint32_t& value, const char* description);
  void add_option(const char* usage, std::optional<uint64_t>& value, const char* description);
  void add_option(const char* usage, std::vector<std::string>& values, const char* description);
  // Adds an option whose value is a number of seconds from 0.001 to 1000000.
  void add_timeout(const char* usage, std::chrono::milliseconds& value, const char* description);
  // Adds an option that may have such a number behind "=". Without one, it has that in braces:
  // "--graceful{30} [=SECONDS]".
  void add_timeout_flag(const char* usage, std::optional<std::chrono::milliseconds>& value,
                        const char* description);
  // Adds an option without a value, which sets `value`.
  void add_flag(const char* name, bool& value, const char* description);

  // Has CommandLine::run() call `call` if the user gives this command.
  void on_run(Call call);

 private:
  friend class CommandLine;

  Command(CLI::App& app, Call& selected) : app_(&app), selected_(&selected) {}

  CLI::App* app_;
  Call* selected_;
};

class CommandLine {
 public:
  struct Texts {
    const char* name;
    const char* version;  // printed for --version
    const char* description;
    const char* footer;  // of the help text
  };

  CommandLine(const Texts& texts, Output& output);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // The program itself. Its options may be given anywhere, also behind a subcommand.
  Command root() { return {*app_, selected_}; }

  // Parses the command line and calls what the given subcommand set with on_run(). Prints what is
  // wrong with the command line, or the help text where that is asked for: by --help, or by the
  // subcommand "help", which comes last. Returns the exit status.
  ExitStatus run(int argc, char** argv);

 private:
  void add_help();
  ExitStatus print_help(const std::vector<std::string>& words);

  std::unique_ptr<CLI::App> app_;
  Output& output_;
  Command::Call selected_;
};

}  // namespace vm_control::vmctl
