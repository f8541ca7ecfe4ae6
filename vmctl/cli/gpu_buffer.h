// SPDX-License-Identifier: BSD-3-Clause
// The content of a GPU buffer that a VM allocated.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {

// The largest size that a buffer of so many pixels may have, in bytes.
uint64_t max_buffer_size(uint32_t width, uint32_t height);

// The size of `buffer` in bytes. No process is asked for it, as a file of FUSE would do.
// Errors: EPROTO (it is neither shared memory nor a dma-buf, or larger than `most`).
Result<uint64_t> buffer_size(int buffer, uint64_t most);

// A file that is opened before a VM is asked for a buffer, and is as it was until there is one.
class BufferFile {
 public:
  // Errors: those of open(2); ENXIO (a FIFO that nobody reads).
  static Result<BufferFile> open(const std::string& path);

  // Removes the file if open() made it, unless keep() was called.
  ~BufferFile();
  BufferFile(BufferFile&&) = default;
  BufferFile& operator=(BufferFile&&) = delete;

  // Replaces what is in the file by the first `size` bytes of `buffer`.
  //
  // buffer  is not trusted to stay as large as it was: shared memory is read, not mapped. The
  //         memory of a dma-buf can only be mapped, and does not shrink.
  // Errors  EPROTO  `buffer` is smaller than `size`; those of write(2).
  Result<void> save(int buffer, uint64_t size);

  void keep() { is_new_ = false; }

 private:
  BufferFile(UniqueFd fd, std::string path, bool is_new)
      : fd_(std::move(fd)), path_(std::move(path)), is_new_(is_new) {}

  Result<void> append(std::span<const std::byte> bytes);
  Result<void> copy(int buffer, uint64_t size);

  UniqueFd fd_;
  std::string path_;
  bool is_new_;  // and to be removed
};

}  // namespace vm_control::vmctl
