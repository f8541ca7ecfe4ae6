// SPDX-License-Identifier: BSD-3-Clause
// The registers of a virtio device at a guest-physical address.
#pragma once

#include <stdint.h>

#include "guest/mmio.h"
#include "guest/virtio.h"

namespace vm_control::guest {

class MmioRegisters final : public VirtioRegisters {
 public:
  explicit MmioRegisters(uint32_t address) : address_(address) {}

  uint32_t read(uint32_t offset) override { return read32(address_ + offset); }
  void write(uint32_t offset, uint32_t value) override { write32(address_ + offset, value); }

 private:
  uint32_t address_;
};

}  // namespace vm_control::guest
