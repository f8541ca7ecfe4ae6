// SPDX-License-Identifier: BSD-3-Clause
// What went wrong: an errno value, what was being done, and to what.
//
// Errors are values. A caller that reacts looks at code(); a person reads message().
#pragma once

#include <string>

namespace vm_control {

class Error {
 public:
  // code    an errno value, positive.
  // action  what was being done, "map memory"; a string literal, it is kept by pointer.
  // object  to what it was done, "/run/vm.sock"; may be empty.
  Error(int code, const char* action, std::string object = {});

  int code() const { return code_; }

  // "bind /run/vm.sock"
  std::string attempt() const;

  // "bind /run/vm.sock: EADDRINUSE (Address already in use)"
  std::string message() const;

 private:
  int code_;
  const char* action_;
  std::string object_;
};

// "EINVAL (Invalid argument)", or "errno 4242" for a number that has no name.
std::string describe_errno(int code);

// "EINVAL", or "errno 4242".
std::string errno_name(int code);

}  // namespace vm_control
