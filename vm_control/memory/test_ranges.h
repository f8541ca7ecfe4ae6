// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "vm_control/model/guest_range.h"

namespace vm_control {

inline GuestRange range(uint64_t start, uint64_t size) {
  return *GuestRange::create(GuestAddress(start), size);
}

}  // namespace vm_control
