// SPDX-License-Identifier: BSD-3-Clause
// A descriptor whose close waits.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

// A TCP connection with unsent data: to close the last copy of its sender takes until the receiver
// is closed, or a number of seconds.
struct LingeringConnection {
  UniqueFd sender;
  UniqueFd receiver;
};

// Nothing if this host has no TCP, or no descriptor is free.
inline std::optional<LingeringConnection> make_lingering(int seconds) {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof(address);
  auto* name = reinterpret_cast<sockaddr*>(&address);
  UniqueFd sender(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  linger wait{.l_onoff = 1, .l_linger = seconds};
  bool is_made = bind(listener.get(), name, size) == 0 && listen(listener.get(), 1) == 0 &&
                 getsockname(listener.get(), name, &size) == 0 &&
                 connect(sender.get(), name, size) == 0 &&
                 setsockopt(sender.get(), SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)) == 0;
  if (!is_made) return std::nullopt;
  UniqueFd receiver(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!receiver) return std::nullopt;
  std::array<std::byte, 65536> bytes{};
  while (send(sender.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  return LingeringConnection{std::move(sender), std::move(receiver)};
}

}  // namespace vm_control
