// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/socket.h"

#include <poll.h>
#include <sys/time.h>

#include <algorithm>

#include "vm_control/base/try.h"

namespace vm_control {
namespace {

int native(SocketType type) {
  switch (type) {
    case SocketType::kSeqpacket:
      return SOCK_SEQPACKET;
    case SocketType::kDatagram:
      return SOCK_DGRAM;
    case SocketType::kStream:
      break;
  }
  return SOCK_STREAM;
}

Result<int> socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0) return fail_errno("inspect a socket");
  return value;
}

// Binds to a name that the kernel chooses (unix(7), "Autobind feature").
Result<void> autobind(int fd) {
  SocketAddress nameless;
  if (bind(fd, nameless.get(), nameless.size()) < 0) return fail_errno("bind a socket for replies");
  return {};
}

}  // namespace

const char* to_string(SocketType type) {
  switch (type) {
    case SocketType::kSeqpacket:
      return "seqpacket";
    case SocketType::kDatagram:
      return "datagram";
    case SocketType::kStream:
      break;
  }
  return "stream";
}

Result<UniqueFd> make_socket(SocketType type) {
  UniqueFd fd(socket(AF_UNIX, native(type) | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("create a socket");
  return fd;
}

Result<std::pair<UniqueFd, UniqueFd>> make_socket_pair(SocketType type) {
  int fds[2];
  if (socketpair(AF_UNIX, native(type) | SOCK_CLOEXEC, 0, fds) < 0) {
    return fail_errno("create a socket pair");
  }
  return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Result<UniqueFd> connect_socket(const std::string& path, SocketType type,
                                std::chrono::milliseconds deadline) {
  SocketAddress address = TRY(SocketAddress::from_path(path));
  UniqueFd fd = TRY(make_socket(type));
  TRY(set_socket_deadline(fd.get(), deadline));
  if (type == SocketType::kDatagram) TRY(autobind(fd.get()));
  if (connect(fd.get(), address.get(), address.size()) < 0) return fail_errno("connect to", path);
  return fd;
}

Result<void> set_socket_deadline(int fd, std::chrono::milliseconds deadline) {
  // Zero would mean no deadline.
  auto count = std::max<std::chrono::milliseconds::rep>(deadline.count(), 1);
  timeval time{.tv_sec = count / 1000, .tv_usec = count % 1000 * 1000};
  for (int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)) < 0) {
      return fail_errno("set the deadline of a socket");
    }
  }
  return {};
}

Result<UniqueFd> accept_connection(int listener) {
  UniqueFd fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) return fail_errno("accept a connection");
  return fd;
}

bool peer_hung_up(int fd) {
  pollfd entry{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return poll(&entry, 1, 0) == 1 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

Result<SocketKind> inspect_socket(int fd) {
  int domain = TRY(socket_option(fd, SO_DOMAIN));
  int type = TRY(socket_option(fd, SO_TYPE));
  int listening = TRY(socket_option(fd, SO_ACCEPTCONN));
  if (domain != AF_UNIX || (type != SOCK_SEQPACKET && type != SOCK_DGRAM)) {
    return fail(EPROTONOSUPPORT, "use a socket that is not a Unix seqpacket or datagram socket");
  }
  SocketAddress peer;
  socklen_t size = SocketAddress::capacity();
  return SocketKind{.type = type == SOCK_SEQPACKET ? SocketType::kSeqpacket : SocketType::kDatagram,
                    .listening = listening != 0,
                    .connected = getpeername(fd, peer.buffer(), &size) == 0};
}

}  // namespace vm_control
