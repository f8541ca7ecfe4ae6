// SPDX-License-Identifier: BSD-3-Clause
// The files of a Linux guest, read into memory before the VM gives up its right to open files.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// A copy of a file.
class BootFile {
 public:
  // Nothing.
  BootFile() = default;

  // Reads all of the regular file at `path`.
  // Errors: EINVAL (it is empty, or no regular file), EFBIG (it has 4 GiB or more), those of
  // open(2) and read(2).
  static Result<BootFile> read(const std::string& path);

  std::span<const std::byte> bytes() const { return memory_.bytes().first(size_); }

 private:
  BootFile(MemoryMapping memory, size_t size) : memory_(std::move(memory)), size_(size) {}

  MemoryMapping memory_;
  size_t size_ = 0;
};

}  // namespace vm_control::vmctl
