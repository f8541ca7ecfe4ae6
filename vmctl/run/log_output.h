// SPDX-License-Identifier: BSD-3-Clause
// Writes the log of vmctl run, line by line: to standard error, since standard output may belong to
// the guest.
//
// What takes the lines may be a pipe that nobody reads, a terminal that was stopped or a full disk.
// So write() may wait without end, and only the thread of the log calls it. Lines that can't be
// written are counted, which the log tells once it can be written again.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <string_view>

namespace vm_control::vmctl {

class LogOutput {
 public:
  // fd  stays open.
  explicit LogOutput(int fd);

  // Writes `line`, which has no line break, after the name of this program.
  void write(std::string_view line);

 private:
  bool put(std::string_view line);

  int fd_;
  const char* line_end_;
  uint64_t lost_ = 0;        // lines since the last that was written
  bool is_cut_off_ = false;  // whether a part of a line was written
};

}  // namespace vm_control::vmctl
