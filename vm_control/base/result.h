// SPDX-License-Identifier: BSD-3-Clause
// Result<T>: a value or an Error. The one error convention of this library.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "vm_control/base/error.h"

namespace vm_control {

template <class T = void>
using Result = tl::expected<T, Error>;

// An Error on its way out: `return fail(EINVAL, "map memory");`
inline tl::unexpected<Error> fail(int code, const char* action, std::string object = {}) {
  return tl::unexpected<Error>(Error(code, action, std::move(object)));
}

// The same with the errno that the last system call left.
inline tl::unexpected<Error> fail_errno(const char* action, std::string object = {}) {
  return fail(errno, action, std::move(object));
}

}  // namespace vm_control
