// SPDX-License-Identifier: BSD-3-Clause
// The guest-physical address space as one table: the RAM, the addresses that stay free, the device
// memory, and what clients may use of ports and interrupts.
//
//   0 ............ RAM, up to 3 GiB
//   3 GiB ........ the 32-bit hole: virtio MMIO, doorbells, IOAPIC, APIC, KVM's TSS and
//                  identity-map pages
//   4 GiB ........ the rest of the RAM
//   then ......... device memory, at the next 2 MiB boundary or where the user puts it: the window,
//                  and behind it the addresses for regions that need a memory slot each
//
// KVM checks nothing but overlaps: it accepts addresses past the guest's physical width, and RAM
// over the APIC page. So this table checks them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/event_ranges.h"
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
    // Whether a part of device memory is for regions that need a memory slot of their own: its last
    // quarter, from a 2 MiB boundary on.
    bool has_memslots = false;
  };

  static constexpr uint64_t kHoleStart = uint64_t{3} << 30;
  static constexpr uint64_t kHoleEnd = uint64_t{4} << 30;
  // A guest that touches all of it costs the host 0.4 % of that in page tables.
  static constexpr uint64_t kDefaultDeviceMemory = uint64_t{16} << 30;
  // Below the IOAPIC, and above what the devices of a PC use.
  static constexpr GuestAddress kDoorbells{0xfe00'0000};
  static constexpr uint64_t kDoorbellSize = 64 << 10;
  static constexpr NumberRange kDoorbellPorts{.first = 0x2000, .count = 0x100};
  // The inputs of KVM's IOAPIC, and those that ISA has given no meaning.
  static constexpr uint32_t kGsis = 24;
  static constexpr NumberRange kInterrupts{.first = 16, .count = kGsis - 16};

  // Errors  EINVAL  a size is 0 or not a multiple of a page, the base is not a multiple of 2 MiB,
  //                 or the physical width is out of range.
  //         ERANGE  RAM or device memory ends past the physical width.
  //         EEXIST  device memory overlaps RAM or the hole.
  static Result<GuestLayout> create(const Options& options);

  // One range from address 0, and a second one above the hole if the RAM does not fit below it.
  const std::vector<GuestRange>& ram() const { return ram_; }
  GuestRange hole() const { return hole_; }
  // The window, and what is set aside for memory slots, if anything is.
  GuestRange window() const { return window_; }
  std::optional<GuestRange> memslots() const { return memslots_; }
  const EventRanges& events() const { return events_; }

 private:
  GuestLayout(std::vector<GuestRange> ram, GuestRange hole, GuestRange window,
              std::optional<GuestRange> memslots, const EventRanges& events)
      : ram_(std::move(ram)), hole_(hole), window_(window), memslots_(memslots), events_(events) {}

  std::vector<GuestRange> ram_;
  GuestRange hole_;
  GuestRange window_;
  std::optional<GuestRange> memslots_;
  EventRanges events_;
};

}  // namespace vm_control
