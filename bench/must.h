// SPDX-License-Identifier: BSD-3-Clause
// Takes the value out of a Result where no benchmark makes sense without it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "vm_control/base/result.h"

namespace vm_control::bench {

// Returns the value, or prints the error and aborts.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "cannot %s\n", result.error().message().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace vm_control::bench
