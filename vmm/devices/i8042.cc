// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/i8042.h"

namespace vm_control::vmm {

void I8042::write_byte(uint64_t, uint8_t value) {
  if (value == kPulseReset) reset_();
}

}  // namespace vm_control::vmm
