// SPDX-License-Identifier: BSD-3-Clause
// A program that a test runs, bounded by deadlines: one that does not do what is waited for fails
// the test, and none outlives it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

class Process {
 public:
  // Where standard input, output and error lead: to pipes, or all to one terminal.
  enum class Stdio { kPipes, kTerminal };

  // How a program ended, and what it wrote; to a terminal, all of it is `out`.
  struct Result {
    int status = -1;  // its exit status; 128 + the signal that killed it
    std::string out;
    std::string err;
  };

  explicit Process(const std::vector<std::string>& command, Stdio stdio = Stdio::kPipes);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until it has written `text`, since it started.
  bool writes(const std::string& text) { return reads_until(text, out_) || fails_to(text); }
  bool writes_error(const std::string& text) { return reads_until(text, err_) || fails_to(text); }

  // Types `text` for it to read.
  void type(const std::string& text);
  // Ends its standard input; not that of a terminal.
  void close_input() { input_.reset(); }
  void signal(int number) const;

  // Waits until it has ended.
  Result finish();

  // The terminal, as the process sees it.
  int terminal() const { return terminal_.get(); }

 private:
  [[noreturn]] void execute(const std::vector<std::string>& command, const UniqueFd stdio[3]);
  bool reads_until(const std::string& text, const std::string& stream);
  bool fails_to(const std::string& text) const;
  bool read_some(int timeout_ms);

  pid_t pid_ = -1;
  UniqueFd ended_;  // a pidfd
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd error_;
  UniqueFd terminal_;
  std::string out_;
  std::string err_;
};

}  // namespace vm_control
