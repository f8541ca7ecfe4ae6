// SPDX-License-Identifier: BSD-3-Clause
// Result<T>: a value or an Error. The one error convention of this library.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "vm_control/base/error.h"

namespace vm_control {

// A tl::expected that the compiler lets nobody drop: see ignore().
template <class T = void, class E = Error>
class [[nodiscard]] Result : public tl::expected<T, E> {
 public:
  using tl::expected<T, E>::expected;
};

// An Error on its way out: `return fail(EINVAL, "map memory");`
inline tl::unexpected<Error> fail(int code, const char* action, std::string object = {}) {
  return tl::unexpected<Error>(Error(code, action, std::move(object)));
}

// The same with the errno that the last system call left.
inline tl::unexpected<Error> fail_errno(const char* action, std::string object = {}) {
  return fail(errno, action, std::move(object));
}

// Drops a Result, and says why that is right: `ignore(send(...), "the peer may be gone");`
template <class T, class E>
void ignore(const Result<T, E>&, const char* /*why*/) {}

}  // namespace vm_control
