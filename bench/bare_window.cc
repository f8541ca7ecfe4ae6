// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bare_window.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <utility>

#include "vm_control/base/page.h"

namespace vm_control::bench {
namespace {

int set_slot(int vm, unsigned slot, GuestRange range, const std::byte* host, size_t size) {
  kvm_userspace_memory_region region{.slot = slot,
                                     .flags = 0,
                                     .guest_phys_addr = range.start().value(),
                                     .memory_size = size,
                                     .userspace_addr = reinterpret_cast<uintptr_t>(host)};
  return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

}  // namespace

Result<BareWindow> BareWindow::create(int vm, unsigned slot, GuestRange range) {
  void* start =
      mmap(nullptr, range.size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return fail_errno("reserve a window");
  BareWindow window(vm, slot, static_cast<std::byte*>(start), range.size());
  if (!window.fill(range.size())) return fail_errno("fill a window");
  if (set_slot(vm, slot, range, window.start_, range.size()) < 0) return fail_errno("add a window");
  return window;
}

BareWindow::BareWindow(BareWindow&& other) noexcept
    : vm_(other.vm_),
      slot_(other.slot_),
      start_(other.start_),
      size_(std::exchange(other.size_, 0)) {}

BareWindow::~BareWindow() {
  if (size_ == 0) return;
  set_slot(vm_, slot_, *GuestRange::create(GuestAddress(0), kPageSize), nullptr, 0);
  munmap(start_, size_);
}

bool BareWindow::map(int memory) {
  void* page = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (page == MAP_FAILED) return false;
  return mremap(page, kPageSize, kPageSize, MREMAP_MAYMOVE | MREMAP_FIXED, start_) != MAP_FAILED;
}

bool BareWindow::unmap() {
  return fill(kPageSize);
}

bool BareWindow::fill(size_t size) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (mmap(start_, size, PROT_READ, kFlags, -1, 0) == MAP_FAILED) return false;
  // A kernel without transparent huge pages refuses, as it does WindowMapper.
  madvise(start_, size, MADV_HUGEPAGE);
  return true;
}

}  // namespace vm_control::bench
