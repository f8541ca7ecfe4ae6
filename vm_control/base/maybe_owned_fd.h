// SPDX-License-Identifier: BSD-3-Clause
// A file descriptor that a message carries: owned when it was received, borrowed when it is to be
// sent.
#pragma once

#include <utility>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

class MaybeOwnedFd {
 public:
  MaybeOwnedFd() = default;
  // Implicit, so that an owned descriptor can be passed wherever a carried one is asked for.
  MaybeOwnedFd(UniqueFd fd) : owned_(std::move(fd)) {}

  // Refers to `fd`, which the caller keeps open for as long as this lives.
  static MaybeOwnedFd borrow(int fd) {
    MaybeOwnedFd result;
    result.borrowed_ = fd;
    return result;
  }

  int get() const { return owned_ ? owned_.get() : borrowed_; }

  // Gives up an owned descriptor, or duplicates a borrowed one. Errors: EBADF, EMFILE.
  Result<UniqueFd> take() {
    if (owned_) return std::move(owned_);
    return UniqueFd::duplicate(borrowed_);
  }

 private:
  UniqueFd owned_;
  int borrowed_ = -1;
};

}  // namespace vm_control
