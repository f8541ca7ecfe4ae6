// SPDX-License-Identifier: BSD-3-Clause
// One message and at most one file descriptor, over a Unix socket that keeps message boundaries.
//
// A receiver takes one descriptor a message. Every descriptor that the kernel installs is owned
// before anything else is looked at. Of a message with two or more none is taken: they are the
// caller's to close, for to close what a peer sent can take as long as the peer likes.
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

struct ReceivedMessage {
  // Bytes that were sent, which can be more than the buffer took.
  size_t size = 0;
  // The one descriptor that came along, close-on-exec.
  UniqueFd fd;
  // Why there is no descriptor although some were sent; 0 if nothing is wrong.
  //   E2BIG   more than one was sent.
  //   EMFILE  control data was cut: this process has no descriptor free.
  int fd_error = 0;
  // What came and was not taken, with an fd_error.
  std::vector<UniqueFd> extra_fds;
  // Who sent it, if the socket was told to ask: see set_credentials_wanted(). Then a message has a
  // sender, and the end of the connection, which reads like an empty message, has none.
  std::optional<Credentials> sender;
};

// Takes the next message without waiting, unless `flags` is 0 and the socket is a blocking one.
//
// buffer  where the bytes go; what does not fit is dropped.
// flags   MSG_DONTWAIT, or 0.
// sender  if given, set to the address of the sender.
// Errors  EAGAIN  there is no message, or the socket's deadline passed.
//         ECONNRESET and others: the connection is lost.
// A closed connection reads as a message of size 0; so does an empty message, but that has a
// sender.
Result<ReceivedMessage> receive_message(int socket, std::span<std::byte> buffer, int flags,
                                        SocketAddress* sender = nullptr);

// The same for a receiver that wants no descriptor: the kernel closes those that were sent, and
// they never enter this process. That can take as long as the sender likes, so it is for receivers
// that trust it.
Result<ReceivedMessage> receive_bytes(int socket, std::span<std::byte> buffer, int flags);

// Sends `bytes` as one message, and a duplicate of `fd` with it unless that is -1. Never raises
// SIGPIPE.
//
// flags   MSG_DONTWAIT, or 0.
// to      where, if the socket is not connected.
// Errors  EAGAIN  the receiver's queue is full (or the socket's deadline passed); nothing was sent.
//         EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN and others: nobody will receive it.
Result<void> send_message(int socket, std::span<const std::byte> bytes, int fd, int flags,
                          const SocketAddress* to = nullptr);

}  // namespace vm_control
