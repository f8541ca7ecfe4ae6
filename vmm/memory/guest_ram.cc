// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/memory/guest_ram.h"

#include <sys/mman.h>

#include <algorithm>

#include "vm_control/base/page.h"

namespace vm_control::vmm {
namespace {

Result<MemoryMapping> map_ram(uint64_t size, GuestRam::Pages pages) {
  if (pages == GuestRam::Pages::kHuge) return MemoryMapping::anonymous_huge(size);
  MemoryMapping memory = TRY(MemoryMapping::anonymous(size));
  // A kernel without transparent huge pages refuses, and gives small ones.
  static_cast<void>(madvise(memory.data(), memory.size(), MADV_HUGEPAGE));
  return memory;
}

}  // namespace

Result<GuestRam> GuestRam::create(std::span<const GuestRange> ranges, Pages pages) {
  std::vector<Region> regions;
  for (GuestRange range : ranges) {
    MemoryMapping memory = TRY(map_ram(range.size(), pages));
    regions.push_back({range, std::move(memory)});
  }
  return GuestRam(std::move(regions), pages);
}

Result<void> GuestRam::add_to(kvm::Vm& vm) const {
  uint32_t slot = 0;
  for (const Region& region : regions_) {
    TRY(vm.set_memory(Slot(slot++), region.range, region.memory.data(), {}));
  }
  return {};
}

uint64_t GuestRam::size() const {
  uint64_t size = 0;
  for (const Region& region : regions_) size += region.range.size();
  return size;
}

Result<std::span<std::byte>> GuestRam::bytes(GuestAddress address, uint64_t size) const {
  for (const Region& region : regions_) {
    if (!region.range.contains(address)) continue;
    uint64_t offset = address.value() - region.range.start().value();
    if (size > region.range.size() - offset) break;
    return region.memory.bytes().subspan(offset, size);
  }
  return fail(EFAULT, "reach what is not the guest's RAM");
}

// g++ 12 copies the bytes of spans one at a time, and those of pointers together.
Result<void> GuestRam::read(GuestAddress address, std::span<std::byte> out) const {
  std::span<std::byte> from = TRY(bytes(address, out.size()));
  std::copy_n(from.data(), from.size(), out.data());
  return {};
}

Result<void> GuestRam::write(GuestAddress address, std::span<const std::byte> data) const {
  std::span<std::byte> to = TRY(bytes(address, data.size()));
  std::copy_n(data.data(), data.size(), to.data());
  return {};
}

Result<void> GuestRam::discard(GuestRange range) const {
  if (!range.is_aligned(kPageSize)) return fail(EINVAL, "discard parts of pages of RAM");
  std::span<std::byte> pages = TRY(bytes(range.start(), range.size()));
  if (pages_ == Pages::kHuge) return {};
  if (madvise(pages.data(), pages.size(), MADV_DONTNEED) < 0) return fail_errno("discard RAM");
  return {};
}

}  // namespace vm_control::vmm
