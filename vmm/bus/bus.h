// SPDX-License-Identifier: BSD-3-Clause
// An address space and the devices in it. A machine has two: its I/O ports, and guest-physical
// memory.
//
// A device sees an access as a whole if the access is 1, 2, 4 or 8 bytes long and stays within the
// device. The bus takes any other access apart and gives each byte, in ascending order, to the
// device at that byte's address. Such an access leaves a device, or comes in an odd length because
// KVM cuts accesses at the end of a page. A byte that no device claims reads as all ones, and the
// bus ignores what is written to it.
//
// Threads: the owner adds devices before the first vCPU runs. After that, any thread reads and
// writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "vm_control/base/result.h"
#include "vmm/bus/bus_device.h"

namespace vm_control::vmm {

class Bus {
 public:
  // last  the highest address; the lowest is 0.
  explicit Bus(uint64_t last) : last_(last) {}

  // Puts `device` at `size` addresses from `first`. The device outlives the last access.
  // Errors: EINVAL (no addresses, or past the last), EEXIST (another device has one of them).
  Result<void> add(uint64_t first, uint64_t size, BusDevice& device);

  // Whether a device has one of the `size` addresses from `first`.
  bool has_device(uint64_t first, uint64_t size) const;

  // One access to data.size() bytes. Returns whether devices claim all of them.
  bool read(uint64_t address, std::span<std::byte> data) const;
  bool write(uint64_t address, std::span<const std::byte> data) const;

 private:
  struct Entry {
    uint64_t last;  // its last address
    BusDevice* device;
  };
  struct Place {
    BusDevice* device = nullptr;
    uint64_t offset = 0;
  };

  // The device that has all of `size` bytes from `address`; a null one if there is none.
  Place find(uint64_t address, uint64_t size) const;
  // Calls access(place, part) for all of `data`, or for each byte of it.
  template <class Byte, class Access>
  bool visit(uint64_t address, std::span<Byte> data, Access access) const;

  uint64_t last_;
  std::map<uint64_t, Entry> entries_;  // by first address
};

}  // namespace vm_control::vmm
