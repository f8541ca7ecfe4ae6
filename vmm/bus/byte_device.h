// SPDX-License-Identifier: BSD-3-Clause
// A device whose registers are a byte wide, as on the ISA bus. A wider access becomes one access a
// byte, at successive offsets.
#pragma once

#include "vmm/bus/bus_device.h"

namespace vm_control::vmm {

class ByteDevice : public BusDevice {
 public:
  // offset  from the device's first address.
  virtual uint8_t read_byte(uint64_t offset) = 0;
  virtual void write_byte(uint64_t offset, uint8_t value) = 0;

  void read(uint64_t offset, std::span<std::byte> data) final;
  void write(uint64_t offset, std::span<const std::byte> data) final;
};

}  // namespace vm_control::vmm
