// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/guest_layout.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/align.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

Result<std::vector<GuestRange>> place_ram(uint64_t size) {
  constexpr uint64_t kBelow = GuestLayout::kHoleStart;
  if (size == 0 || size % kPageSize)
    return fail(EINVAL, "lay out RAM that is not whole pages of 4 KiB");
  std::vector<GuestRange> ram;
  ram.push_back(TRY(GuestRange::create(GuestAddress(0), std::min(size, kBelow))));
  if (size > kBelow) {
    GuestAddress above(GuestLayout::kHoleEnd);
    ram.push_back(TRY(GuestRange::create(above, size - kBelow)));
  }
  return ram;
}

GuestAddress default_base(const std::vector<GuestRange>& ram) {
  GuestAddress after_ram(std::max(ram.back().last().value() + 1, GuestLayout::kHoleEnd));
  return after_ram.checked_align_up(kHugePageSize).value_or(after_ram);
}

// The size of device memory at `base` if the user asked for none.
Result<uint64_t> default_size(GuestAddress base, uint64_t end_of_width) {
  uint64_t end = base.value() < GuestLayout::kHoleStart ? GuestLayout::kHoleStart : end_of_width;
  if (base.value() >= end) return fail(ERANGE, "lay out device memory past the physical width");
  return std::min(end - base.value(), GuestLayout::kDefaultDeviceMemory);
}

}  // namespace

Result<GuestLayout> GuestLayout::create(const Options& options) {
  if (options.physical_bits < 32 || options.physical_bits > 52) {
    return fail(EINVAL, "lay out an address space of a width of",
                std::to_string(options.physical_bits) + " bits");
  }
  uint64_t end_of_width = uint64_t{1} << options.physical_bits;
  GuestRange width = TRY(GuestRange::create(GuestAddress(0), end_of_width));
  GuestRange hole = TRY(GuestRange::create(GuestAddress(kHoleStart), kHoleEnd - kHoleStart));
  std::vector<GuestRange> ram = TRY(place_ram(options.ram_size));
  if (!width.contains(ram.back())) return fail(ERANGE, "lay out RAM past the physical width");

  GuestAddress base = options.device_memory_base.value_or(default_base(ram));
  uint64_t size = options.device_memory_size ? *options.device_memory_size
                                             : TRY(default_size(base, end_of_width));
  if (!base.is_aligned(kHugePageSize) || size % kPageSize) {
    return fail(EINVAL,
                "lay out device memory that is not at a multiple of 2 MiB, or not of 4 KiB");
  }
  GuestRange device_memory = TRY(GuestRange::create(base, size));
  if (!width.contains(device_memory)) {
    return fail(ERANGE, "lay out device memory past the physical width");
  }
  if (device_memory.overlaps(hole))
    return fail(EEXIST, "lay out device memory over the 32-bit hole");
  for (GuestRange each : ram) {
    if (device_memory.overlaps(each)) return fail(EEXIST, "lay out device memory over RAM");
  }
  uint64_t three_quarters = align_up(size / 4 * 3, kHugePageSize);
  uint64_t window_size = options.has_memslots ? std::min(size, three_quarters) : size;
  GuestRange window = TRY(GuestRange::create(base, window_size));
  std::optional<GuestRange> memslots;
  if (window_size < size) {
    GuestAddress behind(window.last().value() + 1);
    memslots = TRY(GuestRange::create(behind, size - window_size));
  }
  GuestRange doorbells = TRY(GuestRange::create(kDoorbells, kDoorbellSize));
  return GuestLayout(std::move(ram), hole, window, memslots,
                     {.doorbells = doorbells,
                      .doorbell_ports = kDoorbellPorts,
                      .interrupts = kInterrupts,
                      .gsis = kGsis});
}

}  // namespace vm_control
