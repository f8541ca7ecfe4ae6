// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/message.h"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <utility>

namespace vm_control {
namespace {

// SCM_PIDFD exists since Linux 6.5; the headers of Debian 12 don't have it.
constexpr int kScmPidFd = 4;

// The bytes are not initialised: the kernel says how many of them it wrote.
template <size_t size>
struct ControlBuffer {
  alignas(cmsghdr) std::array<std::byte, size> bytes;
};

// There can be room for all that can come. The kernel closes the descriptors that do not fit inside
// recvmsg(2), and can block there: on a FUSE server that gets a flush, or on a TCP peer.
// A pidfd and a security label come only if the maker of the socket asked for them.
constexpr size_t kSecurityLabel = 512;
using ReceiveControl =
    ControlBuffer<CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kSecurityLabel) +
                  CMSG_SPACE(kMaxMessageFds * sizeof(int)) + CMSG_SPACE(sizeof(int))>;

// The bytes of a ReceiveControl that the kernel may use, so that at most `max_fds` descriptors
// come. It puts the sender's credentials before them, if those are wanted.
size_t control_size(int socket, size_t max_fds) {
  if (max_fds >= kMaxMessageFds) return sizeof(ReceiveControl);
  int wants_credentials = 0;
  socklen_t size = sizeof(wants_credentials);
  getsockopt(socket, SOL_SOCKET, SO_PASSCRED, &wants_credentials, &size);
  return CMSG_LEN(max_fds * sizeof(int)) + (wants_credentials ? CMSG_SPACE(sizeof(ucred)) : 0);
}

template <class T>
T read_at(const cmsghdr* header, size_t index) {
  T value;
  std::memcpy(&value, CMSG_DATA(header) + index * sizeof(T), sizeof(T));
  return value;
}

// The first descriptor goes to `fd`, and further ones to `extra_fds`.
void own_fds(const cmsghdr* header, ReceivedMessage& message) {
  size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  if (count > 1) message.extra_fds.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    UniqueFd fd(read_at<int>(header, i));
    if (message.fd) {
      message.extra_fds.push_back(std::move(fd));
    } else {
      message.fd = std::move(fd);
    }
  }
}

void take_control(const msghdr& header, ReceivedMessage& message) {
  for (auto* control = CMSG_FIRSTHDR(&header); control;
       control = CMSG_NXTHDR(const_cast<msghdr*>(&header), control)) {
    if (control->cmsg_level != SOL_SOCKET) continue;
    if (control->cmsg_type == SCM_RIGHTS) {
      own_fds(control, message);
    } else if (control->cmsg_type == SCM_CREDENTIALS) {
      auto sender = read_at<ucred>(control, 0);
      message.sender = Credentials{.pid = sender.pid, .uid = sender.uid, .gid = sender.gid};
    } else if (control->cmsg_type == kScmPidFd) {
      UniqueFd unwanted(read_at<int>(control, 0));
    }
  }
  bool too_many = !message.extra_fds.empty();
  if (!too_many && !(header.msg_flags & MSG_CTRUNC)) return;
  message.fd_error = too_many ? E2BIG : EMFILE;
  if (message.fd) message.extra_fds.push_back(std::move(message.fd));
}

// Most messages carry no descriptor. sendto(2) has no header that the kernel must fetch and check,
// and makes a round trip about 3 % shorter than sendmsg(2) does.
ssize_t send_bytes(int socket, std::span<const std::byte> bytes, int flags,
                   const SocketAddress* to) {
  return sendto(socket, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL, to ? to->get() : nullptr,
                to ? to->size() : 0);
}

using SendControl = ControlBuffer<CMSG_SPACE(sizeof(int))>;

void put_fd(msghdr& header, SendControl& control, int fd) {
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  cmsghdr* entry = CMSG_FIRSTHDR(&header);
  entry->cmsg_level = SOL_SOCKET;
  entry->cmsg_type = SCM_RIGHTS;
  entry->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(entry), &fd, sizeof(int));
}

ssize_t send_bytes_and_fd(int socket, std::span<const std::byte> bytes, int fd, int flags,
                          const SocketAddress* to) {
  SendControl control;
  iovec vector{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  put_fd(header, control, fd);
  if (to) {
    header.msg_name = const_cast<sockaddr*>(to->get());
    header.msg_namelen = to->size();
  }
  return sendmsg(socket, &header, flags | MSG_NOSIGNAL);
}

}  // namespace

Result<ReceivedMessage> receive_message(int socket, std::span<std::byte> buffer, int flags,
                                        SocketAddress* sender, size_t max_fds) {
  ReceiveControl control;
  iovec vector{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control_size(socket, max_fds);
  if (sender) {
    header.msg_name = sender->buffer();
    header.msg_namelen = SocketAddress::capacity();
  }

  // MSG_TRUNC makes the kernel return the size that was sent, not the size that fit.
  ssize_t size = recvmsg(socket, &header, flags | MSG_TRUNC | MSG_CMSG_CLOEXEC);
  if (size < 0) return fail_errno("receive a message");
  ReceivedMessage message;
  message.size = static_cast<size_t>(size);
  take_control(header, message);
  if (sender) sender->set_size(header.msg_namelen);
  return message;
}

void discard_messages(int socket, size_t max_fds) {
  std::byte byte;
  for (;;) {
    auto message = receive_message(socket, std::span(&byte, 1), MSG_DONTWAIT, nullptr, max_fds);
    if (!message || message->size == 0) return;
  }
}

Result<void> send_message(int socket, std::span<const std::byte> bytes, int fd, int flags,
                          const SocketAddress* to) {
  ssize_t sent = fd < 0 ? send_bytes(socket, bytes, flags, to)
                        : send_bytes_and_fd(socket, bytes, fd, flags, to);
  if (sent < 0) return fail_errno("send a message");
  return {};
}

}  // namespace vm_control
