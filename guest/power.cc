// SPDX-License-Identifier: BSD-3-Clause
#include "guest/power.h"

#include "guest/port_io.h"

namespace vm_control::guest {

void power_off() {
  constexpr uint16_t kSleepControl = 0x600;
  constexpr uint8_t kEnable = 0x20;
  constexpr uint8_t kOff = 5;
  out8(kSleepControl, kEnable | (kOff << 2));
  for (;;) asm volatile("cli; hlt");
}

}  // namespace vm_control::guest
