// SPDX-License-Identifier: BSD-3-Clause
// A server's socket at a path of the file system. By default only the server's user can connect.
// The destructor removes the file.
//
// bind() replaces a socket that a dead server left, but never one that a process serves. A lock on
// the directory keeps apart two servers that do so at the same moment. Where somebody else holds
// that lock for long, or the directory can't be read, servers that start go without it.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

class BoundSocket {
 public:
  // Binds `path`. A socket for connections listens; on one for datagrams each message has its
  // sender.
  //
  // mode    of the file, whatever the umask is: users who may write to the file may connect. 0660
  //         lets the group of the file connect as well.
  // users   may connect as well, unless the mode lets everybody: by an access control list.
  // Errors  EADDRINUSE    another process serves `path`.
  //         EEXIST        there is a file at `path` that is not a socket.
  //         ENOENT, EACCES, EROFS, ENOTDIR  the directory does not allow it.
  //         ENAMETOOLONG, EINVAL  `path` can't name a socket.
  //         EOPNOTSUPP    the umask takes away a part of `mode`, and there is no /proc; the file
  //                       system has no access control lists.
  // A failed call leaves the file system as it was.
  static Result<BoundSocket> bind(const std::string& path, SocketType type, mode_t mode = 0600,
                                  std::span<const uid_t> users = {});

  BoundSocket(BoundSocket&& other) noexcept = default;
  BoundSocket& operator=(BoundSocket&&) = delete;
  ~BoundSocket();

  int fd() const { return fd_.get(); }
  SocketType type() const { return type_; }
  // Absolute.
  const std::string& path() const { return path_; }

 private:
  BoundSocket(UniqueFd fd, SocketType type, std::string path, ino_t inode)
      : fd_(std::move(fd)), type_(type), path_(std::move(path)), inode_(inode) {}

  UniqueFd fd_;
  SocketType type_;
  std::string path_;
  ino_t inode_;  // tells our file from another one that replaced it
};

}  // namespace vm_control
