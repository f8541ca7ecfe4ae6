// SPDX-License-Identifier: BSD-3-Clause
// Looks at what a process or a thread does. For tests.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace vm_control {

// Its state as proc(5) has it, a letter: 'S' sleeps, 'T' is stopped, 'Z' has ended. A null
// character if there is no such process.
//
// path  "/proc/PID", or "/proc/PID/task/TID" for a thread.
inline char process_state(const std::string& path) {
  std::ifstream file(path + "/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  size_t end = text.rfind(')');  // of its name, which may have anything in it
  return end == std::string::npos ? '\0' : text[end + 2];
}

}  // namespace vm_control
