// SPDX-License-Identifier: BSD-3-Clause
// TRY(expression): the value of a Result; or it returns the Result's error from the enclosing
// function.
//
//   auto mapping = TRY(MemoryMapping::shared(fd, 0, size));
//
// Use one TRY a statement, and none inside braces: it is a GNU statement expression. It is for
// sources only, so that no public header brings the macro along.
#pragma once

#include <utility>

#include "vm_control/base/result.h"

namespace vm_control::internal {

template <class T, class E>
T take_value(tl::expected<T, E>&& result) {
  return std::move(*result);
}
template <class E>
void take_value(tl::expected<void, E>&&) {}

}  // namespace vm_control::internal

#define TRY(expression)                                                    \
  __extension__({                                                          \
    auto try_result = (expression);                                        \
    if (!try_result) return tl::unexpected(std::move(try_result).error()); \
    ::vm_control::internal::take_value(std::move(try_result));             \
  })
