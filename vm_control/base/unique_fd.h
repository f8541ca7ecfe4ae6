// SPDX-License-Identifier: BSD-3-Clause
// Owns one file descriptor: the only class of this library that calls close().
#pragma once

#include <utility>

#include "vm_control/base/result.h"

namespace vm_control {

class UniqueFd {
 public:
  UniqueFd() = default;
  // Takes ownership of `fd`; -1 owns nothing.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.release();
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  constexpr ~UniqueFd() { reset(); }

  // The descriptor, which stays owned here; -1 if there is none.
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // Gives the descriptor up to the caller.
  int release() { return std::exchange(fd_, -1); }

  // Closes the descriptor, if there is one.
  constexpr void reset() {
    if (fd_ >= 0) close_it();
  }

  // A close-on-exec duplicate of `fd`, which stays the caller's. Errors: EBADF, EMFILE.
  static Result<UniqueFd> duplicate(int fd);

 private:
  void close_it();

  int fd_ = -1;
};

}  // namespace vm_control
