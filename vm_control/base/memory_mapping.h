// SPDX-License-Identifier: BSD-3-Clause
// A range of this process's address space, unmapped by its destructor.
//
// Mappings of 2 MiB and more start at a 2 MiB boundary. So huge pages can back a guest-physical
// range that also starts at one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm_control/base/result.h"

namespace vm_control {

enum class MemoryAccess { kRead, kReadWrite };

// Whether the host can give the memory at `page`, which is mapped and page-aligned: it does so, and
// changes nothing else. A host before Linux 5.14 can't tell; then this is false.
bool is_backed(std::byte* page, MemoryAccess access);

class MemoryMapping {
 public:
  MemoryMapping() = default;
  MemoryMapping(MemoryMapping&& other) noexcept;
  MemoryMapping& operator=(MemoryMapping&& other) noexcept;
  MemoryMapping(const MemoryMapping&) = delete;
  MemoryMapping& operator=(const MemoryMapping&) = delete;
  ~MemoryMapping() { reset(); }

  // Maps `size` bytes of private memory, all zero. The host gives each page when it is first
  // touched. Errors: EINVAL (size is 0 or not a multiple of the page size), ENOMEM.
  static Result<MemoryMapping> anonymous(size_t size);

  // The same, of huge pages that the host's administrator has set aside (hugetlb).
  // Errors: EINVAL (size is 0 or not a multiple of 2 MiB), ENOMEM (too few are free).
  static Result<MemoryMapping> anonymous_huge(size_t size);

  // Maps `size` bytes of `fd` from `offset`, shared. `fd` may be closed afterwards. Writing to
  // memory that is mapped for reading is a fault (SIGSEGV).
  //
  // Errors  EINVAL  size is 0, or size or offset is not a multiple of the page size.
  //         EACCES  fd is not open for reading, or not for writing if `access` asks for that.
  //         EBADF   fd is not open, or O_PATH.
  //         ENODEV  fd refers to something that can't be mapped: a socket, a directory.
  //         EPERM   a seal forbids writing, and `access` asks for that (before Linux 6.7: always).
  static Result<MemoryMapping> shared(int fd, uint64_t offset, size_t size,
                                      MemoryAccess access = MemoryAccess::kReadWrite);

  // Moves the memory to `place`, where it replaces what is mapped, in one step for who reads there.
  // It stays there: the caller unmaps it. Errors: EAGAIN (locked memory), ENOMEM.
  Result<void> move_onto(std::byte* place) &&;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  MemoryMapping(std::byte* data, size_t size) : data_(data), size_(size) {}
  static Result<MemoryMapping> map(size_t size, int protection, int flags, int fd, uint64_t offset);
  void reset();

  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace vm_control
