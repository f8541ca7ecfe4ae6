// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/boot_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "vm_control/base/align.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {
namespace {

constexpr uint64_t kTooLarge = uint64_t{4} << 30;

Result<size_t> size_of_file(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) < 0) return fail_errno("look at", path);
  if (!S_ISREG(status.st_mode)) return fail(EINVAL, "boot what is no regular file:", path);
  auto size = static_cast<uint64_t>(status.st_size);
  if (size == 0) return fail(EINVAL, "boot an empty file:", path);
  if (size >= kTooLarge) return fail(EFBIG, "boot a file of 4 GiB or more:", path);
  return size;
}

}  // namespace

Result<BootFile> BootFile::read(const std::string& path) {
  // Without waiting for a writer, if it is a FIFO.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return fail_errno("open", path);
  size_t size = TRY(size_of_file(fd.get(), path));
  MemoryMapping memory = TRY(MemoryMapping::anonymous(align_up(size, kPageSize)));
  size_t done = 0;
  while (done < size) {
    ssize_t count = ::read(fd.get(), memory.data() + done, size - done);
    if (count < 0 && errno != EINTR) return fail_errno("read", path);
    if (count == 0) break;  // it has become shorter
    if (count > 0) done += static_cast<size_t>(count);
  }
  return BootFile(std::move(memory), done);
}

}  // namespace vm_control::vmctl
