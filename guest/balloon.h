// SPDX-License-Identifier: BSD-3-Clause
// The balloon of this machine, if it has one: its driver, and the hostile one that takes its place
// for a while.
#pragma once

#include <stdint.h>

#include "guest/abuse.h"
#include "guest/balloon_driver.h"
#include "guest/mmio_registers.h"
#include "guest/text.h"

namespace vm_control::guest {

class Balloon {
 public:
  // Looks for a device, and starts its driver.
  //
  // ram_bytes  the RAM from address 0.
  explicit Balloon(uint32_t ram_bytes);

  // As BalloonDriver::step().
  void step();

  // Appends the answer to `balloon`.
  void add_state(Line& line);

  // Abuses the device, starts its driver again, and appends the answer to `abuse`.
  void abuse(uint32_t rounds, Line& line);

 private:
  // 0 without a device.
  uint32_t address_;
  uint32_t ram_bytes_;
  MmioRegisters registers_;
  BalloonDriver driver_;
  Abuse abuse_;
};

}  // namespace vm_control::guest
