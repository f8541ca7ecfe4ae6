// SPDX-License-Identifier: BSD-3-Clause
// The content of a GPU buffer that a VM allocated.
#pragma once

#include <cstdint>
#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// The largest size that a buffer of so many pixels may have, in bytes.
uint64_t max_buffer_size(uint32_t width, uint32_t height);

// The size of `buffer` in bytes. No process is asked for it, as a file of FUSE would do.
// Errors: EPROTO (it is neither shared memory nor a dma-buf, or larger than `most`).
Result<uint64_t> buffer_size(int buffer, uint64_t most);

// Writes the first `size` bytes of `buffer` to the file `path`.
//
// buffer  is not trusted to stay as large as it was: shared memory is read, not mapped. The memory
//         of a dma-buf can only be mapped, and does not shrink.
// Errors  EPROTO  `buffer` is smaller than `size`; those of writing.
Result<void> save_buffer(int buffer, uint64_t size, const std::string& path);

}  // namespace vm_control::vmctl
