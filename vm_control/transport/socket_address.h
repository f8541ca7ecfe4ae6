// SPDX-License-Identifier: BSD-3-Clause
// The address of a Unix socket: a path, an abstract name that the kernel chose, or none.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "vm_control/base/result.h"

namespace vm_control {

class SocketAddress {
 public:
  // No address, as a socket has that is not bound.
  SocketAddress() = default;

  // Errors: EINVAL (empty), ENAMETOOLONG (more than 107 bytes).
  static Result<SocketAddress> from_path(const std::string& path);

  // Whether this is a path, which is looked up with the rights of who sends there.
  bool is_path() const;
  // Whether the kernel made up this name (autobind): five hexadecimal digits.
  bool is_autobound() const;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }

  // For system calls that write an address: the room for it, and then the size that was written.
  sockaddr* buffer() { return reinterpret_cast<sockaddr*>(&storage_); }
  static constexpr socklen_t capacity() { return sizeof(sockaddr_un); }
  void set_size(socklen_t size) { size_ = size; }

 private:
  sockaddr_un storage_{.sun_family = AF_UNIX, .sun_path = {}};
  socklen_t size_ = sizeof(sa_family_t);
};

}  // namespace vm_control
