// SPDX-License-Identifier: BSD-3-Clause
// Standard output, where the results of a command go.
//
// What a command did must not go unheard because its result can't be written: the device is full,
// or nobody reads the pipe any more. A command sees that by flush(), and undoes what it did, or
// has note() tell it. finish() prints the one error message and makes the status a failure.
// Threads: one.
#pragma once

#include <string>
#include <string_view>

#include "vmctl/cli/exit_status.h"

namespace vm_control::vmctl {

class Output {
 public:
  // Adds `text` to what is written by the next flush(), or before that if there is much of it.
  void add(std::string_view text);

  // Writes what was added, so that a script which reads from a pipe sees it. Returns whether all
  // output could be written so far. Waits for a slow reader: signals that this thread blocks are
  // let through meanwhile, since nothing else would end the wait.
  bool flush();

  // Makes all further output lost, for a reason that is not a write's. `error` is an errno.
  void lose(int error) { error_ = error; }
  bool is_lost() const { return error_ != 0; }

  // Has the error message say `what`, which was done although its result is lost.
  void note(std::string_view what);

  // Writes the rest. If some output is lost, prints an error message and returns kRefused in place
  // of kDone; else returns `status`.
  ExitStatus finish(ExitStatus status);

 private:
  std::string waiting_;
  std::string notes_;
  int error_ = 0;  // why output was lost; none is written after that
};

}  // namespace vm_control::vmctl
