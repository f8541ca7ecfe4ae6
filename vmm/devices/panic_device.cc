// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/panic_device.h"

namespace vm_control::vmm {

void PanicDevice::write_byte(uint64_t, uint8_t value) {
  if (value & kPanickedBit) on_event_(Event::kPanicked);
  if (value & kCrashLoadedBit) on_event_(Event::kCrashLoaded);
}

}  // namespace vm_control::vmm
