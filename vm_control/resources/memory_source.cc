// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_source.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

constexpr const char* kRegisterMemory = "register memory";

// This kernel alone decides how long these take. The process that mounts an overlay decides what is
// below it; but an overlay that a peer mounts in a namespace of its own is not in the table.
constexpr std::array<std::string_view, 10> kLocalFileSystems = {
    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "xfs", "zfs"};

// The kind and size of a source.
struct Extent {
  SizeGuarantee size_guarantee;
  uint64_t size;       // bytes
  uint64_t page_size;  // what it can be mapped in multiples of
};

Result<void> check_access(const MemorySource& source) {
  int flags = fcntl(source.fd, F_GETFL);
  if (flags < 0) return fail_errno(kRegisterMemory);
  if (flags & O_PATH) return fail(EBADF, kRegisterMemory);
  int access = flags & O_ACCMODE;
  if (access == O_RDWR || (source.flags.read_only && access == O_RDONLY)) return {};
  return fail(EACCES, kRegisterMemory);
}

// AT_STATX_DONT_SYNC takes what the kernel knows: a server of FUSE or NFS is not asked.
Result<struct statx> get_status(int fd, unsigned fields) {
  struct statx status {};
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  // A file system may refuse even that: one of FUSE knows only its own user.
  if (statx(fd, "", kFlags, fields, &status) < 0) return fail(ENODEV, kRegisterMemory);
  return status;
}

// mmap(2) rounds a size up to the huge pages of the file, over whatever is behind it.
Result<uint64_t> memory_page_size(int fd) {
  struct statfs status {};
  if (fstatfs(fd, &status) < 0) return fail(ENODEV, kRegisterMemory);
  if (status.f_type != HUGETLBFS_MAGIC) return kPageSize;
  return static_cast<uint64_t>(status.f_bsize);
}

// The size is looked at after the seals: with the seal, nobody makes it smaller any more.
Result<Extent> inspect_memory(int fd, int seals) {
  uint64_t page_size = TRY(memory_page_size(fd));
  bool fixed = (seals & F_SEAL_SHRINK) && page_size == kPageSize;
  struct statx status = TRY(get_status(fd, STATX_SIZE));
  return Extent{fixed ? SizeGuarantee::kFixed : SizeGuarantee::kShrinkable, status.stx_size,
                page_size};
}

Result<void> check_file_system(const struct statx& status, const MountTable& mounts) {
  if (!(status.stx_mask & STATX_MNT_ID)) return fail(ENODEV, kRegisterMemory);
  auto type = mounts.type_of(status);
  bool local = type && std::find(kLocalFileSystems.begin(), kLocalFileSystems.end(), *type) !=
                           kLocalFileSystems.end();
  if (!local)
    return fail(ENODEV, kRegisterMemory, type ? "from a file of " + *type : std::string());
  return {};
}

// A descriptor without seals is asked for its kind first, and for more only if this kernel answers.
Result<Extent> inspect_file(int fd, const MountTable& mounts) {
  struct statx status = TRY(get_status(fd, STATX_TYPE | STATX_MNT_ID));
  // A dma-buf has a size but no file type; other anonymous inodes have neither.
  bool is_dma_buf = (status.stx_mode & S_IFMT) == 0 && status.stx_size > 0;
  if (is_dma_buf) return Extent{SizeGuarantee::kFixed, status.stx_size, kPageSize};
  if (!S_ISREG(status.stx_mode)) return fail(ENODEV, kRegisterMemory);
  TRY(check_file_system(status, mounts));
  struct statx sized = TRY(get_status(fd, STATX_SIZE));
  return Extent{SizeGuarantee::kShrinkable, sized.stx_size, kPageSize};
}

}  // namespace

bool can_be_sealed(int fd) {
  int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_SEAL))) return false;
  // Only who may write to it may seal it.
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) == O_RDWR;
}

Result<SizeGuarantee> check_memory_source(const MemorySource& source, SealPolicy seal_policy,
                                          const MountTable& mounts) {
  if (source.size == 0 || source.size % kPageSize || source.offset % kPageSize) {
    return fail(EINVAL, kRegisterMemory);
  }
  TRY(check_access(source));
  // Only shared memory has seals: shmem, which is also what tmpfs is made of, and hugetlb.
  int seals = fcntl(source.fd, F_GET_SEALS);
  Extent extent =
      TRY(seals >= 0 ? inspect_memory(source.fd, seals) : inspect_file(source.fd, mounts));
  if (source.size % extent.page_size || source.offset % extent.page_size ||
      source.offset > extent.size || source.size > extent.size - source.offset) {
    return fail(EINVAL, kRegisterMemory);
  }
  if (extent.size_guarantee == SizeGuarantee::kShrinkable && seal_policy == SealPolicy::kRequire) {
    return fail(EPERM, kRegisterMemory);
  }
  return extent.size_guarantee;
}

}  // namespace vm_control
