// SPDX-License-Identifier: BSD-3-Clause
// A program that a test runs. A program that misses a deadline fails the test, and no program
// outlives its test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vm_control/base/test_wait.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class Process {
 public:
  // Standard input, output and error are three pipes or one terminal. Or output that can't be
  // written is not a pipe but a full device, or a pipe that nobody reads; or errors can't be.
  enum class Stdio { kPipes, kTerminal, kFullOutput, kUnreadOutput, kFullErrors };

  // How a program ended, and what it wrote. All output to a terminal is in `out`.
  struct Result {
    int status = -1;  // the exit status, or 128 + the signal that killed it
    std::string out;
    std::string err;
    uint64_t peak_bytes = 0;  // of memory
  };

  explicit Process(const std::vector<std::string>& command, Stdio stdio = Stdio::kPipes);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until the program has written `text`, at any time since it started.
  bool writes(const std::string& text) { return reads_until(text, out_) || fails_to(text); }
  bool writes_error(const std::string& text) { return reads_until(text, err_) || fails_to(text); }

  // How long it may take for what a test waits for: half a minute by default.
  void set_patience(std::chrono::seconds patience) { patience_ = patience; }

  // Its standard output, as far as it was read.
  const std::string& out() const { return out_; }

  // Writes `text` to its standard input.
  void type(const std::string& text);
  // Closes its standard input, if that is a pipe.
  void close_input() { input_.reset(); }
  // Reads its standard output no more.
  void close_output() { output_.reset(); }
  void signal(int number) const;

  // Waits until the program has ended.
  Result finish();

  // The terminal, as the process sees it.
  int terminal() const { return terminal_.get(); }

 private:
  [[noreturn]] void execute(const std::vector<std::string>& command, const UniqueFd stdio[3]);
  bool reads_until(const std::string& text, const std::string& stream);
  bool fails_to(const std::string& text) const;
  bool read_some(int timeout_ms);

  std::chrono::seconds patience_{30};
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
