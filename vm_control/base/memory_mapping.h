// SPDX-License-Identifier: BSD-3-Clause
// A range of this process's address space, unmapped when its owner goes.
//
// Mappings of 2 MiB and more start at a 2 MiB boundary, so that a guest-physical range that does
// too can be backed by huge pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm_control/base/result.h"

namespace vm_control {

enum class MemoryAccess { kRead, kReadWrite };

class MemoryMapping {
 public:
  MemoryMapping() = default;
  MemoryMapping(MemoryMapping&& other) noexcept;
  MemoryMapping& operator=(MemoryMapping&& other) noexcept;
  MemoryMapping(const MemoryMapping&) = delete;
  MemoryMapping& operator=(const MemoryMapping&) = delete;
  ~MemoryMapping() { reset(); }

  // `size` bytes of private memory, zero, and taken from the host only page by page as it is
  // touched. Errors: EINVAL (size 0 or no page multiple), ENOMEM.
  static Result<MemoryMapping> anonymous(size_t size);

  // Maps `size` bytes of `fd` from `offset`, shared. `fd` may be closed after. To write to what is
  // mapped for reading is a fault (SIGSEGV).
  //
  // Errors  EINVAL  size is 0 or no page multiple, or offset is no page multiple.
  //         EACCES  fd is not open for reading, or not for writing as well if that is wanted.
  //         EBADF   fd is not open, or O_PATH.
  //         ENODEV  what fd refers to can't be mapped: a socket, a directory.
  //         EPERM   a seal forbids writing, and that is wanted (before Linux 6.7: even if not).
  static Result<MemoryMapping> shared(int fd, uint64_t offset, size_t size,
                                      MemoryAccess access = MemoryAccess::kReadWrite);

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
