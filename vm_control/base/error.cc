// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/error.h"

#include <string.h>

#include <utility>

namespace vm_control {

Error::Error(int code, const char* action, std::string object)
    : code_(code), action_(action), object_(std::move(object)) {}

std::string Error::attempt() const {
  return object_.empty() ? action_ : action_ + (" " + object_);
}

std::string Error::message() const {
  return attempt() + ": " + describe_errno(code_);
}

std::string errno_name(int code) {
  const char* name = strerrorname_np(code);
  return name ? name : "errno " + std::to_string(code);
}

std::string describe_errno(int code) {
  const char* description = strerrordesc_np(code);
  if (!description) return errno_name(code);
  return errno_name(code) + " (" + description + ")";
}

}  // namespace vm_control
