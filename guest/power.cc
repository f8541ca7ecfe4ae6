// SPDX-License-Identifier: BSD-3-Clause
#include "guest/power.h"

#include "guest/port_io.h"

namespace vm_control::guest {

void power_off() {
  constexpr uint16_t kKeyboardCommand = 0x64;
  constexpr uint8_t kPulseReset = 0xfe;
  out8(kKeyboardCommand, kPulseReset);
  for (;;) asm volatile("cli; hlt");
}

}  // namespace vm_control::guest
