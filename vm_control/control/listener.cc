// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/listener.h"

#include <sys/epoll.h>

#include <utility>

#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

// Errors of one connection, after which the next may be fine (accept(2), "Error handling").
bool is_of_the_connection(const Error& error) {
  return error.code() == EAGAIN || error.code() == ECONNABORTED || error.code() == EINTR;
}

}  // namespace

Listener::Listener(BoundSocket socket, EventLoop& loop, Host& host)
    : bound_(std::move(socket)), loop_(loop), host_(host) {}

Listener::Listener(UniqueFd socket, EventLoop& loop, Host& host)
    : adopted_(std::move(socket)), loop_(loop), host_(host) {}

Listener::~Listener() {
  loop_.unwatch(fd(), *this);
}

Result<void> Listener::start() {
  return loop_.watch(fd(), EPOLLIN, *this);
}

void Listener::resume() {
  if (!paused_) return;
  paused_ = false;
  loop_.modify(fd(), EPOLLIN, *this);
}

void Listener::on_events(uint32_t) {
  auto connection = accept_connection(fd());
  if (connection) return host_.on_connection(std::move(*connection));
  if (is_of_the_connection(connection.error())) return;
  paused_ = true;
  loop_.modify(fd(), 0, *this);
  host_.on_accept_failed(connection.error());
}

}  // namespace vm_control
