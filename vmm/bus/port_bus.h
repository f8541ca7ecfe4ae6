// SPDX-License-Identifier: BSD-3-Clause
// I/O ports and the devices behind them.
//
// Devices are a byte wide, as on the ISA bus: a wider access becomes one a byte, at successive
// ports.
// Threads: devices are added before the first vCPU runs; after that, any thread reads and writes,
// and each device keeps its own order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "vm_control/base/result.h"

namespace vm_control::vmm {

class PortDevice {
 public:
  // offset  from the first of the device's ports.
  virtual uint8_t read(uint16_t offset) = 0;
  virtual void write(uint16_t offset, uint8_t value) = 0;

 protected:
  ~PortDevice() = default;
};

class PortBus {
 public:
  // Puts `device`, which outlives the bus, at `count` ports from `first`.
  // Errors: EINVAL (no ports, or past the last), EEXIST (one of them is taken).
  Result<void> add(uint16_t first, uint16_t count, PortDevice& device);

  // One access of data.size() bytes. Ports without a device read as all ones.
  void read(uint16_t port, std::span<std::byte> data) const;
  void write(uint16_t port, std::span<const std::byte> data) const;

 private:
  struct Entry {
    uint32_t end;  // one past its last port
    PortDevice* device;
  };
  struct Place {
    PortDevice* device;
    uint16_t offset;
  };

  Place find(uint32_t port) const;

  std::map<uint32_t, Entry> entries_;  // by first port
};

}  // namespace vm_control::vmm
