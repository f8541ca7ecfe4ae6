// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/bound_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "vm_control/base/try.h"
#include "vm_control/transport/access_list.h"
#include "vm_control/transport/peer_credentials.h"

namespace vm_control {
namespace {

constexpr int kBacklog = 128;

// Returns the lock, or nothing: any user who may read the directory can hold it for as long as he
// likes, and a server that starts holds it for less than a millisecond. So nobody waits long for
// it, nor needs it to be there.
UniqueFd lock_directory(const std::string& path) {
  constexpr int kAttempts = 30;
  constexpr std::chrono::milliseconds kPause(10);
  std::string directory = std::filesystem::path(path).parent_path();
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return {};
  for (int attempt = 0; flock(fd.get(), LOCK_EX | LOCK_NB) < 0; ++attempt) {
    if (attempt == kAttempts) return {};
    std::this_thread::sleep_for(kPause);
  }
  return fd;
}

// The inode of the socket at `path`, if there is one.
std::optional<ino_t> socket_inode(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
  return status.st_ino;
}

// Only a refused connection proves that nobody serves a socket.
bool is_stale(const SocketAddress& address, SocketType type) {
  auto probe = make_socket(type);
  if (!probe || fcntl(probe->get(), F_SETFL, O_NONBLOCK) < 0) return false;
  return connect(probe->get(), address.get(), address.size()) < 0 && errno == ECONNREFUSED;
}

Result<void> bind_or_recover(int fd, const SocketAddress& address, const std::string& path,
                             SocketType type) {
  if (::bind(fd, address.get(), address.size()) == 0) return {};
  if (errno != EADDRINUSE) return fail_errno("bind", path);
  std::optional<ino_t> inode = socket_inode(path);
  if (!inode) return fail(EEXIST, "bind over a file that is not a socket:", path);
  if (!is_stale(address, type)) return fail(EADDRINUSE, "bind", path);
  // Without the lock, another server may just have put its own there.
  if (socket_inode(path) != inode) return fail(EADDRINUSE, "bind", path);
  if (unlink(path.c_str()) < 0) return fail_errno("remove the stale socket", path);
  if (::bind(fd, address.get(), address.size()) < 0) return fail_errno("bind", path);
  return {};
}

// The umask, or a default ACL of the directory, may have taken away a part of `mode`.
Result<void> give_mode(const std::string& path, mode_t mode) {
  struct stat status {};
  if (lstat(path.c_str(), &status) < 0) return fail_errno("set the mode of", path);
  if ((status.st_mode & ~static_cast<mode_t>(S_IFMT)) == mode) return {};
  if (fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) < 0) {
    return fail_errno("set the mode of", path);
  }
  return {};
}

}  // namespace

Result<BoundSocket> BoundSocket::bind(const std::string& path, SocketType type, mode_t mode,
                                      std::span<const uid_t> users) {
  SocketAddress address = TRY(SocketAddress::from_path(path));
  std::string absolute = std::filesystem::absolute(path);
  UniqueFd lock = lock_directory(absolute);
  UniqueFd fd = TRY(make_socket(type));
  // This comes before anybody can send: a message that arrived without credentials never gets any.
  if (type == SocketType::kDatagram) TRY(set_credentials_wanted(fd.get()));
  // Linux gives the file the mode of the socket's own inode, so it is never open to more users.
  if (fchmod(fd.get(), mode) < 0) return fail_errno("set the mode of", path);
  TRY(bind_or_recover(fd.get(), address, path, type));
  BoundSocket bound(std::move(fd), type, absolute, socket_inode(absolute).value_or(0));
  TRY(give_mode(absolute, mode));
  if (!users.empty() && !(mode & S_IWOTH)) TRY(give_access(absolute, users));
  if (type != SocketType::kDatagram && listen(bound.fd(), kBacklog) < 0) {
    return fail_errno("listen on", path);
  }
  return bound;
}

BoundSocket::~BoundSocket() {
  if (fd_ && socket_inode(path_) == inode_) unlink(path_.c_str());
}

}  // namespace vm_control
