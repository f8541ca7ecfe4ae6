// SPDX-License-Identifier: BSD-3-Clause
// Page sizes of x86-64, for guest and host alike.
#pragma once

#include <cstddef>

namespace vm_control {

inline constexpr size_t kPageSize = 4096;
inline constexpr size_t kHugePageSize = size_t{2} << 20;

}  // namespace vm_control
