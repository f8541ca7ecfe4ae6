// SPDX-License-Identifier: BSD-3-Clause
// The guest-physical address space as one table: the RAM, the addresses that stay free, and the
// window for device memory.
//
//   0 ............ RAM, up to 3 GiB
//   3 GiB ........ the 32-bit hole: virtio MMIO, IOAPIC, APIC, KVM's TSS and identity-map pages
//   4 GiB ........ the rest of the RAM
//   then ......... the device-memory window, at the next 2 MiB boundary or where the user puts it
//
// KVM checks nothing but overlaps: it accepts addresses past the guest's physical width, and RAM
// over the APIC page. So this table checks them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"

namespace vm_control {

class GuestLayout {
 public:
  struct Options {
    // Bytes of RAM, a multiple of kPageSize.
    uint64_t ram_size = 0;
    // The number of bits of a guest-physical address (CPUID 0x80000008), 32 to 52.
    unsigned physical_bits = 36;
    // The start of device memory, a multiple of 2 MiB. Default: after RAM, and not below 4 GiB.
    std::optional<GuestAddress> device_memory_base;
    // Bytes of device memory, a multiple of kPageSize. Default: up to the hole if device memory
    // starts below it, otherwise up to the physical width; at most kDefaultDeviceMemory.
    std::optional<uint64_t> device_memory_size;
  };

  static constexpr uint64_t kHoleStart = uint64_t{3} << 30;
  static constexpr uint64_t kHoleEnd = uint64_t{4} << 30;
  static constexpr uint64_t kDefaultDeviceMemory = uint64_t{1} << 40;

  // Errors  EINVAL  a size is 0 or not a multiple of a page, the base is not a multiple of 2 MiB,
  //                 or the physical width is out of range.
  //         ERANGE  RAM or device memory ends past the physical width.
  //         EEXIST  device memory overlaps RAM or the hole.
  static Result<GuestLayout> create(const Options& options);

  // One range from address 0, and a second one above the hole if the RAM does not fit below it.
  const std::vector<GuestRange>& ram() const { return ram_; }
  GuestRange hole() const { return hole_; }
  GuestRange device_memory() const { return device_memory_; }

 private:
  GuestLayout(std::vector<GuestRange> ram, GuestRange hole, GuestRange device_memory)
      : ram_(std::move(ram)), hole_(hole), device_memory_(device_memory) {}

  std::vector<GuestRange> ram_;
  GuestRange hole_;
  GuestRange device_memory_;
};

}  // namespace vm_control
