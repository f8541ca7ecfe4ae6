// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/memory_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

constexpr const char* kAction = "register memory";

Result<void> check_access(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return fail_errno(kAction);
  if (flags & O_PATH) return fail(EBADF, kAction);
  if ((flags & O_ACCMODE) != O_RDWR) return fail(EACCES, kAction);
  return {};
}

Result<uint64_t> source_size(int fd) {
  struct statx status {};
  // AT_STATX_DONT_SYNC takes what the kernel knows: a server of FUSE or NFS is not asked.
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (statx(fd, "", kFlags, STATX_TYPE | STATX_SIZE, &status) < 0) return fail_errno(kAction);
  // A dma-buf has a size but no file type; other anonymous inodes have neither.
  bool is_file = S_ISREG(status.stx_mode);
  bool is_dma_buf = (status.stx_mode & S_IFMT) == 0 && status.stx_size > 0;
  if (!is_file && !is_dma_buf) return fail(ENODEV, kAction);
  return status.stx_size;
}

}  // namespace

Result<void> check_memory_source(int fd, uint64_t offset, uint64_t size) {
  if (size == 0 || size % kPageSize || offset % kPageSize) return fail(EINVAL, kAction);
  TRY(check_access(fd));
  uint64_t available = TRY(source_size(fd));
  if (offset > available || size > available - offset) return fail(EINVAL, kAction);
  return {};
}

}  // namespace vm_control
