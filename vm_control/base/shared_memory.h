// SPDX-License-Identifier: BSD-3-Clause
// Anonymous memory behind a file descriptor, to be shared with another process: memfd_create(2).
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class SharedMemory {
 public:
  // Creates `size` bytes, all zero; the descriptor is close-on-exec. The memory can't be made
  // smaller (F_SEAL_SHRINK), and those who map it can rely on that. More seals can be added (fcntl
  // F_ADD_SEALS).
  //
  // name    shown in /proc/PID/fd as "/memfd:name".
  // Errors  EINVAL  size is past the largest file.
  //         EFBIG   it is past RLIMIT_FSIZE of this process, which gets no SIGXFSZ.
  //         EMFILE, ENFILE, ENOMEM.
  static Result<SharedMemory> create(const char* name, uint64_t size);

  int fd() const { return fd_.get(); }
  uint64_t size() const { return size_; }

  // Gives the descriptor up to the caller.
  UniqueFd take_fd() && { return std::move(fd_); }

 private:
  SharedMemory(UniqueFd fd, uint64_t size) : fd_(std::move(fd)), size_(size) {}

  UniqueFd fd_;
  uint64_t size_;
};

}  // namespace vm_control
