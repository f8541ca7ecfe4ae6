// SPDX-License-Identifier: BSD-3-Clause
// Checks whether memory that a client sent can be mapped into a guest without risk: the client must
// not be able to take it away while the guest uses it, and no other process may decide how long it
// takes to map or to close it.
#pragma once

#include <cstdint>

#include "vm_control/base/mount_table.h"
#include "vm_control/base/result.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

struct MemorySource {
  int fd = -1;  // borrowed
  uint64_t offset = 0;
  uint64_t size = 0;       // bytes
  RegionFlags flags = {};  // how the guest may use it
};

// Whether the memory keeps its size.
enum class SizeGuarantee { kFixed, kShrinkable };

// Whether F_SEAL_SHRINK is missing on `fd`, and can be added. Adding it can block for as long as
// the sender likes.
bool can_be_sealed(int fd);

// Checks that `source` can be mapped shared, and whether its size is fixed, by F_SEAL_SHRINK.
// Changes nothing, and does not wait for a file system in another process. Memory of huge pages
// (hugetlbfs) is taken in multiples of those, and counts as shrinkable: what is cut out of it may
// not come back.
//
// mounts  of the file systems that files may come from: only those whose server is this kernel. The
//         sender may have opened the file in another mount namespace, such as a container.
// Errors  EINVAL  size is 0 or past the end of the file, or size or offset is not a multiple of the
//                 page size.
//         EBADF   fd is not open, or O_PATH.
//         EACCES  fd is not open for reading and writing (for reading, if it is read-only).
//         ENODEV  fd is neither memory, nor a file of a file system in this kernel, nor a dma-buf,
//                 but a socket, a pipe, a device, a directory, a file of FUSE or of a network, or
//                 a file of a file system that is mounted in other mount namespaces only.
//         EPERM   it can shrink, and `seal_policy` requires that it can't.
// A seal that forbids writing shows only when the memory is mapped.
Result<SizeGuarantee> check_memory_source(const MemorySource& source, SealPolicy seal_policy,
                                          const MountTable& mounts);

}  // namespace vm_control
