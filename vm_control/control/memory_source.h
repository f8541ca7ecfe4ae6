// SPDX-License-Identifier: BSD-3-Clause
// Whether what a client sent can be mapped into a guest without risk.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"

namespace vm_control {

// Checks that `size` bytes from `offset` of `fd` can be mapped shared and writable. Changes
// nothing, and does not wait for a file system in another process.
//
// Errors  EINVAL  size is 0, no page multiple or past the end of the file; or offset is no page
// multiple.
//         EBADF   fd is not open, or O_PATH.
//         EACCES  fd is not open for reading and writing.
//         ENODEV  it is neither a file nor a dma-buf: a socket, a pipe, a device.
// A seal that forbids writing shows only when the memory is mapped.
Result<void> check_memory_source(int fd, uint64_t offset, uint64_t size);

}  // namespace vm_control
