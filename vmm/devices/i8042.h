// SPDX-License-Identifier: BSD-3-Clause
// Of the keyboard controller, the one line that PCs reset themselves by. No keyboard.
#pragma once

#include <functional>
#include <utility>

#include "vmm/bus/port_bus.h"

namespace vm_control::vmm {

class I8042 final : public PortDevice {
 public:
  static constexpr uint16_t kPort = 0x64;
  static constexpr uint16_t kPorts = 1;

  // reset  called, on the vCPU's thread, when the guest pulls the line.
  explicit I8042(std::function<void()> reset) : reset_(std::move(reset)) {}

  // Status: nothing to read, and ready for a command.
  uint8_t read(uint16_t) override { return 0; }
  void write(uint16_t offset, uint8_t value) override;

 private:
  std::function<void()> reset_;
};

}  // namespace vm_control::vmm
