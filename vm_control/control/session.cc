// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/session.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/control/answer.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

Session::Session(UniqueFd socket, EventLoop& loop, Executor& executor, Host& host)
    : socket_(std::move(socket)), loop_(loop), executor_(executor), host_(host) {}

Session::~Session() {
  loop_.unwatch(socket_.get(), *this);
}

Result<void> Session::start() {
  watched_ = EPOLLIN;
  return loop_.watch(socket_.get(), watched_, *this);
}

void Session::on_events(uint32_t events) {
  if (serve(events) == State::kEnded) {
    host_.on_ended(*this);
  } else {
    wait_for_what_is_next();
  }
}

Session::State Session::serve(uint32_t events) {
  if (!outbox_.flush(socket_.get())) return State::kEnded;
  if (peer_finished_) return outbox_.empty() ? State::kEnded : State::kServing;
  if (events & EPOLLIN) return outbox_.full() ? State::kServing : serve_one_request();
  // With nothing to read, a hangup or an error is the end.
  return events & (EPOLLHUP | EPOLLERR) ? State::kEnded : State::kServing;
}

// One a turn: a client that floods gets no more of the loop than one that does not.
Session::State Session::serve_one_request() {
  RequestFrame frame;
  auto message = receive_message(socket_.get(), frame, MSG_DONTWAIT);
  if (!message) return message.error().code() == EAGAIN ? State::kServing : State::kEnded;
  // An empty message reads like the end of the connection; only the hangup tells them apart.
  if (message->size == 0 && !message->fd && !message->fd_error && peer_hung_up(socket_.get())) {
    peer_finished_ = true;
    return outbox_.empty() ? State::kEnded : State::kServing;
  }
  Response response = answer(executor_, frame, std::move(*message));
  return outbox_.send(socket_.get(), std::move(response)) ? State::kServing : State::kEnded;
}

void Session::wait_for_what_is_next() {
  uint32_t wanted = 0;
  if (!peer_finished_ && !outbox_.full()) wanted |= EPOLLIN;
  if (!outbox_.empty()) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  loop_.modify(socket_.get(), wanted, *this);
  watched_ = wanted;
  if (is_stalled()) host_.on_stalled(*this);
}

}  // namespace vm_control
