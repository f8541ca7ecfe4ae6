// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/page_returner.h"

#include <algorithm>

#include "vm_control/base/page.h"

namespace vm_control::vmm {
namespace {

GuestAddress address_of(uint32_t page) {
  return GuestAddress(uint64_t{page} * kPageSize);
}

}  // namespace

void PageReturner::give_back(std::span<uint32_t> pages) {
  auto is_refused = [this](uint32_t page) { return !ram_.bytes(address_of(page), kPageSize); };
  std::span<uint32_t> kept(pages.begin(), std::remove_if(pages.begin(), pages.end(), is_refused));
  refused_pages_ += pages.size() - kept.size();
  std::ranges::sort(kept);
  while (!kept.empty()) {
    size_t count = 1;
    while (count < kept.size() && kept[count] - kept[count - 1] <= 1) ++count;
    uint64_t size = (uint64_t{kept[count - 1]} - kept[0] + 1) * kPageSize;
    give_back(*GuestRange::create(address_of(kept[0]), size));
    kept = kept.subspan(count);
  }
}

void PageReturner::give_back(GuestRange range) {
  uint64_t pages = range.size() / kPageSize;
  ++ranges_;
  (ram_.discard(range) ? returned_pages_ : refused_pages_) += pages;
}

}  // namespace vm_control::vmm
