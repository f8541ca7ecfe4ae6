// SPDX-License-Identifier: BSD-3-Clause
// The reset line of a PC, which hangs on its keyboard controller. There is no keyboard.
#pragma once

#include <utility>

#include "vm_control/base/function.h"
#include "vmm/bus/byte_device.h"

namespace vm_control::vmm {

class I8042 final : public ByteDevice {
 public:
  static constexpr uint16_t kPort = 0x64;
  static constexpr uint16_t kPorts = 1;
  // The command that pulls the line.
  static constexpr uint8_t kPulseReset = 0xfe;

  // reset  called on the vCPU's thread when the guest pulls the line.
  explicit I8042(Function<void()> reset) : reset_(std::move(reset)) {}

  // The status register: no input waits, and the controller is ready for a command.
  uint8_t read_byte(uint64_t) override { return 0; }
  void write_byte(uint64_t offset, uint8_t value) override;

 private:
  Function<void()> reset_;
};

}  // namespace vm_control::vmm
