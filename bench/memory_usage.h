// SPDX-License-Identifier: BSD-3-Clause
// Counts the host's memory that a VMM takes for itself, beyond its guest's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vm_control::bench {

// Addresses of a process, from `start` up to but without `end`.
struct HostRange {
  uint64_t start;
  uint64_t end;
};

// In bytes.
struct MemoryUsage {
  uint64_t resident = 0;      // all pages that are there: ps and top show this
  uint64_t proportional = 0;  // ... a page that N processes share counts as an N-th
  uint64_t unshared = 0;      // ... only those that no other process has
};

// Adds up the mappings in the text of a /proc/PID/smaps, but for those of the guest. A mapping is
// the guest's if most of it is in `guest`, the memory slots that KVM was given: a VMM may leave a
// hole in a mapping for a ROM. Source: proc(5), smaps.
MemoryUsage memory_beyond_guest(std::string_view smaps, std::span<const HostRange> guest);

}  // namespace vm_control::bench
