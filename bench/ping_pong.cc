// SPDX-License-Identifier: BSD-3-Clause
#include "bench/ping_pong.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace vm_control::bench {
namespace {

constexpr size_t kRequestBytes = 32;
constexpr size_t kResponseBytes = 48;

// A message of `N` bytes, with room for a descriptor if `with_fd`.
template <size_t N>
class BareMessage {
 public:
  explicit BareMessage(bool with_fd) : with_fd_(with_fd) {}

  bool send(int socket, int fd) {
    msghdr header = prepare();
    if (with_fd_) {
      cmsghdr* entry = CMSG_FIRSTHDR(&header);
      entry->cmsg_level = SOL_SOCKET;
      entry->cmsg_type = SCM_RIGHTS;
      entry->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(entry), &fd, sizeof(int));
    }
    return sendmsg(socket, &header, MSG_NOSIGNAL) == N;
  }

  bool receive(int socket) {
    msghdr header = prepare();
    if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC) != N) return false;
    if (with_fd_) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof(int));
      close(fd);
    }
    return true;
  }

 private:
  msghdr prepare() {
    vector_ = {.iov_base = bytes_.data(), .iov_len = N};
    msghdr header{};
    header.msg_iov = &vector_;
    header.msg_iovlen = 1;
    if (with_fd_) {
      header.msg_control = control_.data();
      header.msg_controllen = control_.size();
    }
    return header;
  }

  bool with_fd_;
  std::array<std::byte, N> bytes_{};
  iovec vector_{};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control_{};
};

}  // namespace

PingPong::PingPong(bool with_fd) : with_fd_(with_fd) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets_.data()) < 0) {
    std::perror("create a socket pair");
    std::abort();
  }
  answerer_ = std::thread([this] { answer(); });
}

PingPong::~PingPong() {
  shutdown(sockets_[0], SHUT_RDWR);
  answerer_.join();
  for (int socket : sockets_) close(socket);
}

void PingPong::exchange(int fd) {
  BareMessage<kRequestBytes> request(with_fd_);
  BareMessage<kResponseBytes> response(false);
  if (!request.send(sockets_[0], fd) || !response.receive(sockets_[0])) std::abort();
}

void PingPong::answer() const {
  BareMessage<kRequestBytes> request(with_fd_);
  BareMessage<kResponseBytes> response(false);
  while (request.receive(sockets_[1]) && response.send(sockets_[1], -1)) {
  }
}

}  // namespace vm_control::bench
