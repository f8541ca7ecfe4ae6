// SPDX-License-Identifier: BSD-3-Clause
// System calls that fail when a test wants them to: wrapped by the linker (--wrap), for the whole
// test program.
#pragma once

#include <array>
#include <ostream>
#include <string>

namespace vm_control {

// A function, and an errno that it can fail with on the path of a request.
struct Failure {
  const char* function;
  int code;
};

// Every function that is wrapped has a row.
//   close      frees the descriptor all the same, as it does on Linux
//   epoll_ctl  where it adds: to change and to remove takes nothing that could be missing
extern const std::array<Failure, 24> kFailures;

// "recvmsg_ENOMEM"
std::string to_string(const Failure& failure);
inline void PrintTo(const Failure& failure, std::ostream* out) {
  *out << to_string(failure);
}

// While one of these lives, the `nth` call (from 1) of a function fails, on any thread.
class Fault {
 public:
  Fault(const Failure& failure, int nth);
  ~Fault();
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;

  // Whether there was such a call.
  static bool struck();
};

}  // namespace vm_control
