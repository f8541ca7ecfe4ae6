// SPDX-License-Identifier: BSD-3-Clause
// A device as a Bus sees it: registers at offsets from the device's first address.
//
// Threads: vCPUs read and write at the same time; each device keeps its own order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vm_control::vmm {

class BusDevice {
 public:
  virtual ~BusDevice() = default;

  // One access of the guest to data.size() bytes: 1, 2, 4 or 8, all of them within the device, and
  // not necessarily aligned. The bytes are in the order of their addresses.
  virtual void read(uint64_t offset, std::span<std::byte> data) = 0;
  virtual void write(uint64_t offset, std::span<const std::byte> data) = 0;
};

}  // namespace vm_control::vmm
