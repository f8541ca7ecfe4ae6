// SPDX-License-Identifier: BSD-3-Clause
// An error: its errno value, the action that failed, and the object of that action.
//
// Errors are values. Callers that react look at code(); people read message().
#pragma once

#include <string>

namespace vm_control {

class Error {
 public:
  // code    an errno value, positive.
  // action  the action that failed, "map memory"; a string literal, which is kept by pointer.
  // object  its object, "/run/vm.sock"; may be empty.
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

// "EINVAL (Invalid argument)", or "errno 4242" for a number without a name.
std::string describe_errno(int code);

// "EINVAL", or "errno 4242".
std::string errno_name(int code);

}  // namespace vm_control
