// SPDX-License-Identifier: BSD-3-Clause
// Unix sockets that keep the boundaries of messages: SOCK_SEQPACKET, and SOCK_DGRAM for peers that
// speak the 2018 protocol. Every socket made here is close-on-exec.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/socket_address.h"

namespace vm_control {

// The protocol needs message boundaries. A stream is for bytes without them, such as a serial line.
enum class SocketType { kSeqpacket, kDatagram, kStream };

// "seqpacket", "datagram", "stream".
const char* to_string(SocketType type);

// Errors: EMFILE, ENFILE, ENOMEM.
Result<UniqueFd> make_socket(SocketType type);

// Two sockets that are connected to each other. Errors: EMFILE, ENFILE, ENOMEM.
Result<std::pair<UniqueFd, UniqueFd>> make_socket_pair(SocketType type);

// Returns a socket that is connected to the server at `path`. A datagram socket is bound to an
// address that the kernel chooses, so that the server can reply.
//
// deadline  the longest time that a server whose queue is full may keep the caller waiting.
// Errors    ENOENT         there is nothing at `path`.
//           ECONNREFUSED   nobody serves it.
//           EPROTOTYPE     the server's socket is of another type.
//           EACCES         its permissions keep this user out.
//           EAGAIN         the deadline passed.
//           ENAMETOOLONG, EINVAL  `path` can't name a socket.
//           EMFILE, ENFILE, ENOMEM.
Result<UniqueFd> connect_socket(const std::string& path, SocketType type,
                                std::chrono::milliseconds deadline);

// Makes every blocking send and receive on `fd` fail with EAGAIN after `deadline`. A deadline below
// 1 ms counts as 1 ms.
Result<void> set_socket_deadline(int fd, std::chrono::milliseconds deadline);

// Accepts the next connection of a listening socket. Errors: EAGAIN (none waits), EMFILE, ENFILE,
// ENOMEM, ECONNABORTED.
Result<UniqueFd> accept_connection(int listener);

// Whether the peer of the connection `fd` has closed it, or its sending half.
bool peer_hung_up(int fd);

// The properties of a socket that another process made.
struct SocketKind {
  SocketType type;
  bool listening;
  bool connected;
};

// Errors: EBADF, ENOTSOCK, EPROTONOSUPPORT (not a Unix socket that keeps message boundaries).
Result<SocketKind> inspect_socket(int fd);

}  // namespace vm_control
