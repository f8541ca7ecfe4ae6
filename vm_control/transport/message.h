// SPDX-License-Identifier: BSD-3-Clause
// One message and at most one file descriptor, over a Unix socket that keeps message boundaries.
//
// A receiver takes one descriptor with a message, and says for how many it has room. It owns every
// descriptor that the kernel installed before it looks at anything else. If a message carries two
// or more, it takes none of them, and the caller must close them: closing a peer's descriptor can
// block for as long as the peer likes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/peer_credentials.h"
#include "vm_control/transport/socket_address.h"

namespace vm_control {

// SCM_MAX_FD of the kernel: a sender can't attach more to one message.
constexpr size_t kMaxMessageFds = 253;

struct ReceivedMessage {
  // The number of bytes that were sent, which can be more than the buffer holds.
  size_t size = 0;
  // The one descriptor that came along, close-on-exec.
  UniqueFd fd;
  // The reason why there is no descriptor although some were sent; 0 if nothing is wrong.
  //   E2BIG   more than one was sent.
  //   EMFILE  the kernel cut the control data: there was room for no descriptor.
  int fd_error = 0;
  // The descriptors that came and were not taken, with an fd_error.
  std::vector<UniqueFd> extra_fds;
  // The sender, if set_credentials_wanted() was called for the socket. Every message then has a
  // sender; the end of the connection, which otherwise looks like an empty message, has none.
  std::optional<Credentials> sender;
};

// Takes the next message without waiting, unless `flags` is 0 and the socket is a blocking one.
//
// buffer  receives the bytes; the kernel drops those that do not fit.
// flags   MSG_DONTWAIT, or 0.
// sender  if given, set to the address of the sender.
// max_fds  how many descriptors this process may get, at least 2, which tell one from too many. The
//          kernel closes the others before this returns.
// Errors  EAGAIN  there is no message, or the socket's deadline passed.
//         ECONNRESET and others: the connection is lost.
// The end of a connection looks like a message of size 0 without a sender.
Result<ReceivedMessage> receive_message(int socket, std::span<std::byte> buffer, int flags,
                                        SocketAddress* sender = nullptr,
                                        size_t max_fds = kMaxMessageFds);

// Takes the messages that wait, up to an empty one, and releases what they bring. Before a socket
// is closed, this lets its peer have what was sent to it: if messages are unread then, the kernel
// tells the peer ECONNRESET instead. Closing descriptors can block.
//
// max_fds  as for receive_message().
void discard_messages(int socket, size_t max_fds = kMaxMessageFds);

// Sends `bytes` as one message, with a duplicate of `fd` unless `fd` is -1. Never raises SIGPIPE.
//
// flags   MSG_DONTWAIT, or 0.
// to      the receiver, if the socket is not connected.
// Errors  EAGAIN  the receiver's queue is full, or the socket's deadline passed; nothing was sent.
//         EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN and others: there is no receiver.
Result<void> send_message(int socket, std::span<const std::byte> bytes, int fd, int flags,
                          const SocketAddress* to = nullptr);

}  // namespace vm_control
