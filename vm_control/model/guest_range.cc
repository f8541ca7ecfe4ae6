// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/guest_range.h"

namespace vm_control {

Result<GuestRange> GuestRange::create(GuestAddress start, uint64_t size) {
  if (size == 0 || !start.checked_add(size - 1)) return fail(EINVAL, "form a guest range");
  return GuestRange(start, size);
}

}  // namespace vm_control
