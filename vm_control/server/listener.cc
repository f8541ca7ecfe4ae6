// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/listener.h"

#include <sys/epoll.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

// Errors of one connection, after which the next may be fine (accept(2), "Error handling").
bool is_of_the_connection(const Error& error) {
  return error.code() == EAGAIN || error.code() == ECONNABORTED || error.code() == EINTR;
}

bool is_no_descriptor_free(const Error& error) {
  return error.code() == EMFILE || error.code() == ENFILE;
}

}  // namespace

Listener::Listener(BoundSocket socket, SocketPolicy policy, EventLoop& loop, Delegate& delegate)
    : bound_(std::move(socket)), loop_(loop), delegate_(delegate), policy_(std::move(policy)) {}

Listener::Listener(UniqueFd socket, SocketPolicy policy, EventLoop& loop, Delegate& delegate)
    : adopted_(std::move(socket)), loop_(loop), delegate_(delegate), policy_(std::move(policy)) {}

Listener::~Listener() {
  loop_.unwatch(fd(), *this);
}

Result<void> Listener::start() {
  reserve_ = TRY(UniqueFd::duplicate(fd()));
  return loop_.watch(fd(), EPOLLIN, *this);
}

void Listener::pause() {
  paused_ = true;
  loop_.modify(fd(), 0, *this);
}

void Listener::resume() {
  if (!paused_) return;
  fill_reserve();
  paused_ = false;
  loop_.modify(fd(), EPOLLIN, *this);
}

void Listener::on_events(uint32_t) {
  auto connection = accept_connection(fd());
  if (connection) return delegate_.on_connection(*this, std::move(*connection));
  if (is_of_the_connection(connection.error())) return;
  accept_with_the_reserve(connection.error());
}

void Listener::accept_with_the_reserve(const Error& error) {
  if (is_no_descriptor_free(error) && reserve_) {
    reserve_.reset();
    auto connection = accept_connection(fd());
    if (connection) delegate_.on_connection_without_room(*this, std::move(*connection));
    fill_reserve();
    if (connection && reserve_) return;
  }
  pause();
  delegate_.on_accept_failed(error);
}

// Without one, the next connection that finds no descriptor has to wait.
void Listener::fill_reserve() {
  if (!reserve_) reserve_ = UniqueFd::duplicate(fd()).value_or(UniqueFd());
}

}  // namespace vm_control
