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

Result<std::unique_ptr<Listener>> Listener::create(BoundSocket socket, EventLoop& loop,
                                                   Delegate& delegate) {
  std::unique_ptr<Listener> listener(new Listener(loop, delegate));
  listener->bound_.emplace(std::move(socket));
  return start(std::move(listener));
}

Result<std::unique_ptr<Listener>> Listener::create(UniqueFd socket, EventLoop& loop,
                                                   Delegate& delegate) {
  std::unique_ptr<Listener> listener(new Listener(loop, delegate));
  listener->adopted_ = std::move(socket);
  return start(std::move(listener));
}

Result<std::unique_ptr<Listener>> Listener::start(std::unique_ptr<Listener> listener) {
  int fd = listener->fd();
  listener->reserve_ = TRY(UniqueFd::duplicate(fd));
  listener->watch_ =
      TRY(listener->loop_.watch(fd, EPOLLIN, [raw = listener.get()](uint32_t) { raw->accept(); }));
  return listener;
}

void Listener::pause() {
  constexpr std::chrono::milliseconds kPause(100);
  watch_.set_events(0);
  pause_.call_at(EventLoop::Clock::now() + kPause);
}

void Listener::resume() {
  if (pause_) accept_again();
}

void Listener::accept_again() {
  if (!delegate_.may_accept()) return pause();
  fill_reserve();
  watch_.set_events(EPOLLIN);
}

void Listener::accept() {
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
  }
  pause();
  delegate_.on_accept_failed(error);
}

// Without a reserve, the next connection that finds no descriptor has to wait.
void Listener::fill_reserve() {
  if (!reserve_) reserve_ = UniqueFd::duplicate(fd()).value_or(UniqueFd());
}

}  // namespace vm_control
