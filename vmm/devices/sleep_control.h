// SPDX-License-Identifier: BSD-3-Clause
// The two registers by which a guest with hardware-reduced ACPI switches its machine off. Of the
// sleep states there is S5 only, off.
//
// Source: ACPI 6.5, 4.8.3.7 "Sleep Control and Status Registers".
#pragma once

#include <utility>

#include "vm_control/base/function.h"
#include "vmm/bus/byte_device.h"

namespace vm_control::vmm {

class SleepControl final : public ByteDevice {
 public:
  // The control register, then the status register.
  static constexpr uint16_t kPort = 0x600;
  static constexpr uint16_t kPorts = 2;
  // SLP_TYP of S5, which the ACPI tables tell the guest.
  static constexpr uint8_t kOff = 5;

  // power_off  called on the vCPU's thread when the guest switches the machine off.
  explicit SleepControl(Function<void()> power_off) : power_off_(std::move(power_off)) {}

  // The machine never sleeps, so it never wakes up either.
  uint8_t read_byte(uint64_t) override { return 0; }
  void write_byte(uint64_t offset, uint8_t value) override;

 private:
  Function<void()> power_off_;
};

}  // namespace vm_control::vmm
