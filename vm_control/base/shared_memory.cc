// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

namespace vm_control {
namespace {

// ftruncate(2) past RLIMIT_FSIZE fails, and also raises SIGXFSZ, which ends the process.
bool is_past_limit(uint64_t size) {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur;
}

}  // namespace

Result<SharedMemory> SharedMemory::create(const char* name, uint64_t size) {
  if (size > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) {
    return fail(EINVAL, "size a memfd");
  }
  if (is_past_limit(size)) return fail(EFBIG, "size a memfd past RLIMIT_FSIZE (ulimit -f)");
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("create a memfd");
  if (ftruncate(fd.get(), static_cast<off_t>(size)) < 0) return fail_errno("size a memfd");
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK) < 0) return fail_errno("seal a memfd");
  return SharedMemory(std::move(fd), size);
}

}  // namespace vm_control
