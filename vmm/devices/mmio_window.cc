// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/mmio_window.h"

#include <utility>

#include "vm_control/base/check.h"
#include "vm_control/base/try.h"

namespace vm_control::vmm {

MmioRange::MmioRange(MmioRange&& other) noexcept
    : free_(std::exchange(other.free_, nullptr)), range_(other.range_) {}

MmioRange& MmioRange::operator=(MmioRange&& other) noexcept {
  std::swap(free_, other.free_);
  std::swap(range_, other.range_);
  return *this;
}

MmioRange::~MmioRange() {
  if (free_) CHECK(free_->release(range_));
}

Result<MmioRange> MmioWindow::allocate(uint64_t size) {
  GuestRange range = TRY(free_.allocate(size, Alignment::kPage));
  return MmioRange(free_, range);
}

}  // namespace vm_control::vmm
