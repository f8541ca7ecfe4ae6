// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/file_chardev.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "vm_control/base/try.h"

namespace vm_control::vmm {
namespace {

constexpr const char* kOpen = "open for the serial port";

// Whether `fd` is the file at `path`, and nobody has written to it.
bool is_empty_file_at(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(fd, &ours) == 0 && lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev && ours.st_size == 0;
}

}  // namespace

Result<std::unique_ptr<Chardev>> FileChardev::create(const std::string& path) {
  Output writer = TRY(Output::create());
  // Without O_NONBLOCK, a FIFO would have this wait for a reader.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(open(path.c_str(), kFlags));
  bool is_missing = !fd && errno == ENOENT;
  if (is_missing) fd = UniqueFd(open(path.c_str(), kFlags | O_CREAT, 0600));
  if (!fd && errno == ENXIO) return fail(ENXIO, kOpen, path + ", which nobody reads");
  if (!fd) return fail_errno(kOpen, path);
  return std::unique_ptr<Chardev>(
      new FileChardev(std::move(fd), is_missing ? path : "", std::move(writer)));
}

FileChardev::~FileChardev() {
  if (!made_.empty() && is_empty_file_at(fd_.get(), made_)) unlink(made_.c_str());
}

}  // namespace vm_control::vmm
