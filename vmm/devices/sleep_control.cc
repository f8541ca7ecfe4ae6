// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/sleep_control.h"

namespace vm_control::vmm {

void SleepControl::write_byte(uint64_t offset, uint8_t value) {
  constexpr uint8_t kEnable = 1 << 5;
  constexpr unsigned kTypeShift = 2;
  constexpr uint8_t kTypeMask = 7;
  bool is_control = offset == 0;
  bool is_off = ((value >> kTypeShift) & kTypeMask) == kOff;
  if (is_control && is_off && (value & kEnable)) power_off_();
}

}  // namespace vm_control::vmm
