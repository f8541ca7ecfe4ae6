// SPDX-License-Identifier: BSD-3-Clause
// A server's socket at a path of the file system, for its user only unless told otherwise, and
// removed with its owner.
//
// A file that a dead server left is recovered; a socket that somebody serves is left alone. Two
// servers that recover one path at the same moment are kept apart by a lock on its directory.
#pragma once

#include <sys/types.h>

#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

class BoundSocket {
 public:
  // Binds `path`, and listens unless it is for datagrams; each of those says who sent it.
  //
  // mode    that of the file, whatever the umask: who may write to it may connect. 0660 lets the
  //         group of the file connect as well.
  // Errors  EADDRINUSE    another process serves `path`.
  //         EEXIST        there is a file at `path` that is no socket.
  //         EBUSY         the directory's lock was not free for a second.
  //         ENOENT, EACCES, EROFS, ENOTDIR  the directory does not allow it.
  //         ENAMETOOLONG, EINVAL  `path` can't be a socket's.
  //         EOPNOTSUPP    the umask takes away some of `mode`, and there is no /proc.
  // A failed call leaves what it found.
  static Result<BoundSocket> bind(const std::string& path, SocketType type, mode_t mode = 0600);

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
  ino_t inode_;  // tells our file from one that replaced it
};

}  // namespace vm_control
