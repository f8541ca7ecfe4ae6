// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/memory_mapping.h"

#include <linux/mman.h>
#include <sys/mman.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "vm_control/base/page.h"

namespace vm_control {
namespace {

constexpr int kReadWrite = PROT_READ | PROT_WRITE;

std::byte* map_at(void* where, size_t size, int protection, int flags, int fd, uint64_t offset) {
  void* address = mmap(where, size, protection, flags, fd, static_cast<off_t>(offset));
  return address == MAP_FAILED ? nullptr : static_cast<std::byte*>(address);
}

// Address space for `size` bytes at a 2 MiB boundary, inaccessible; null if there is none.
std::byte* reserve_aligned(size_t size) {
  std::byte* start = map_at(nullptr, size + kHugePageSize, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!start) return nullptr;
  size_t head =
      (kHugePageSize - reinterpret_cast<uintptr_t>(start) % kHugePageSize) % kHugePageSize;
  if (head) munmap(start, head);
  munmap(start + head + size, kHugePageSize - head);
  return start + head;
}

}  // namespace

// Where an access would raise SIGBUS, madvise(2) fails with EFAULT, or with EHWPOISON.
bool is_backed(std::byte* page, MemoryAccess access) {
  int advice = access == MemoryAccess::kRead ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
  if (madvise(page, kPageSize, advice) == 0) return true;
  return errno != EFAULT && errno != EHWPOISON && errno != EINVAL;
}

MemoryMapping::MemoryMapping(MemoryMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MemoryMapping& MemoryMapping::operator=(MemoryMapping&& other) noexcept {
  if (this != &other) {
    reset();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void MemoryMapping::reset() {
  if (data_) munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

Result<MemoryMapping> MemoryMapping::anonymous(size_t size) {
  return map(size, kReadWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// Without MAP_NORESERVE: the kernel refuses now what it could not give later.
Result<MemoryMapping> MemoryMapping::anonymous_huge(size_t size) {
  if (size % kHugePageSize) return fail(EINVAL, "map huge pages of a size that is not whole ones");
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB;
  auto mapping = map(size, kReadWrite, kFlags, -1, 0);
  if (!mapping && mapping.error().code() == ENOMEM) {
    return fail(ENOMEM, "map huge pages: too few are set aside and free (see vm.nr_hugepages)");
  }
  return mapping;
}

Result<MemoryMapping> MemoryMapping::shared(int fd, uint64_t offset, size_t size,
                                            MemoryAccess access) {
  if (fd < 0) return fail(EBADF, "map memory");
  return map(size, access == MemoryAccess::kRead ? PROT_READ : kReadWrite, MAP_SHARED, fd, offset);
}

Result<void> MemoryMapping::move_onto(std::byte* place) && {
  if (mremap(data_, size_, size_, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
    return fail_errno("move a mapping");
  }
  data_ = nullptr;
  return {};
}

Result<MemoryMapping> MemoryMapping::map(size_t size, int protection, int flags, int fd,
                                         uint64_t offset) {
  constexpr const char* kAction = "map memory";
  if (size == 0 || size % kPageSize || offset % kPageSize) return fail(EINVAL, kAction);
  if (size > std::numeric_limits<ptrdiff_t>::max() - kHugePageSize) return fail(ENOMEM, kAction);

  if (size < kHugePageSize) {
    std::byte* data = map_at(nullptr, size, protection, flags, fd, offset);
    if (!data) return fail_errno(kAction);
    return MemoryMapping(data, size);
  }
  std::byte* place = reserve_aligned(size);
  if (!place) return fail_errno(kAction);
  MemoryMapping reserved(place, size);
  if (!map_at(place, size, protection, flags | MAP_FIXED, fd, offset)) return fail_errno(kAction);
  return reserved;
}

}  // namespace vm_control
