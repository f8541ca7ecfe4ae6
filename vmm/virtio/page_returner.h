// SPDX-License-Identifier: BSD-3-Clause
// Gives pages of the guest's RAM back to the host, in contiguous ranges.
//
// The guest names the pages, and may lie: pages that are not RAM are counted and left alone, and a
// page that is named twice goes back once. It is only the guest's own memory that is lost. A single
// page that was a part of a huge page splits that: the host maps the rest by small pages then,
// until it finds the time to collect them again.
//
// Threads: one gives back; any reads the totals.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "vm_control/model/guest_range.h"
#include "vmm/memory/guest_ram.h"

namespace vm_control::vmm {

class PageReturner {
 public:
  // ram  outlives this.
  explicit PageReturner(const GuestRam& ram) : ram_(ram) {}

  // Gives back the pages of 4 KiB with these numbers, which it sorts.
  void give_back(std::span<uint32_t> pages);
  // Gives back `range` of whole pages.
  void give_back(GuestRange range);

  struct Totals {
    uint64_t returned_pages = 0;
    uint64_t refused_pages = 0;  // they were not RAM, or the host refused them
    uint64_t ranges = 0;         // calls of the host
  };
  Totals totals() const { return {returned_pages_, refused_pages_, ranges_}; }

 private:
  const GuestRam& ram_;
  std::atomic<uint64_t> returned_pages_{0};
  std::atomic<uint64_t> refused_pages_{0};
  std::atomic<uint64_t> ranges_{0};
};

}  // namespace vm_control::vmm
