// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/e820.h"

#include <algorithm>

#include "vmm/boot/linux_image.h"
#include "vmm/boot/low_memory.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kFirstMebibyte = LinuxImage::kLowest;

class MapBuilder {
 public:
  // Adds [start, end), unless it is empty.
  void add(uint64_t start, uint64_t end, E820Type type) {
    if (start >= end) return;
    entries_.push_back({*GuestRange::create(GuestAddress(start), end - start), type});
  }
  void add(GuestRange range, E820Type type) { entries_.push_back({range, type}); }

  std::vector<E820Entry> take() {
    std::ranges::sort(entries_, {}, [](const E820Entry& each) { return each.range.start(); });
    return std::move(entries_);
  }

 private:
  std::vector<E820Entry> entries_;
};

}  // namespace

std::vector<E820Entry> e820_of(const GuestLayout& layout) {
  MapBuilder map;
  uint64_t acpi = low_memory::kAcpi.value();
  map.add(0, low_memory::kEnd.value(), E820Type::kRam);
  map.add(low_memory::kEnd.value(), acpi, E820Type::kReserved);
  map.add(acpi, acpi + low_memory::kAcpiRoom, E820Type::kAcpi);
  map.add(acpi + low_memory::kAcpiRoom, kFirstMebibyte, E820Type::kReserved);
  for (GuestRange each : layout.ram()) {
    map.add(std::max(each.start().value(), kFirstMebibyte), each.last().value() + 1,
            E820Type::kRam);
  }
  map.add(layout.hole(), E820Type::kReserved);
  map.add(layout.window(), E820Type::kReserved);
  if (layout.memslots()) map.add(*layout.memslots(), E820Type::kReserved);
  return map.take();
}

}  // namespace vm_control::vmm
