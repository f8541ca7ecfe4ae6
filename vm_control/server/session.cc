// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/session.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/server/receive_request.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/peer_credentials.h"

namespace vm_control {
namespace {

// There is a message, or the peer sends no more.
constexpr uint32_t kReadable = EPOLLIN | EPOLLRDHUP;

}  // namespace

Session::Session(uint64_t id, UniqueFd socket, Caller caller, Charge charge, EventLoop& loop,
                 Dispatcher& dispatcher, Delegate& delegate)
    : id_(id),
      socket_(std::move(socket)),
      caller_(std::move(caller)),
      charge_(std::move(charge)),
      loop_(loop),
      dispatcher_(dispatcher),
      delegate_(delegate),
      max_unanswered_(std::min<size_t>(caller_.account->limits().unanswered, Outbox::kCapacity)) {}

Session::~Session() {
  dispatcher_.forget(*this);
  loop_.unwatch(socket_.get(), *this);
  caller_.account->set_unanswered(0);
  // The peer is to see the end at once. Unread messages may have descriptors that take their time
  // to close; where the peer finished there are none.
  shutdown(socket_.get(), SHUT_RDWR);
  if (!peer_finished_) caller_.user->close(std::move(socket_));
}

Result<void> Session::start() {
  watched_ = kReadable;
  return loop_.watch(socket_.get(), watched_, *this);
}

void Session::on_events(uint32_t events) {
  go_on(serve(events));
}

void Session::on_answer(Response response) {
  awaits_answer_ = false;
  go_on(send(std::move(response)));
}

void Session::go_on(State state) {
  if (state == State::kEnded) {
    delegate_.on_ended(*this);
  } else {
    wait_for_what_is_next();
  }
}

Session::State Session::serve(uint32_t events) {
  if (!outbox_.flush(socket_.get())) return State::kEnded;
  if (peer_finished_) return outbox_.empty() ? State::kEnded : State::kServing;
  if (may_be_read() && events & EPOLLIN) return serve_one_request(events);
  // Nobody can receive what it waits for, or what is queued: epoll would say so for ever.
  return events & (EPOLLHUP | EPOLLERR) ? State::kEnded : State::kServing;
}

// One a turn: a client that floods gets no more of the loop than one that does not.
Session::State Session::serve_one_request(uint32_t events) {
  bool end_is_near = events & EPOLLRDHUP;
  // Only a message has a sender: that tells an empty one from the end of the connection.
  if (end_is_near && !set_credentials_wanted(socket_.get())) return State::kEnded;
  RequestBuffer buffer;
  auto message = receive_message(socket_.get(), buffer, MSG_DONTWAIT);
  if (!message) return message.error().code() == EAGAIN ? State::kServing : State::kEnded;
  if (end_is_near && !message->sender) {
    peer_finished_ = true;
    return outbox_.empty() ? State::kEnded : State::kServing;
  }
  auto response = dispatcher_.answer(*this, caller_, message_in(buffer, *message, caller_));
  if (response) return send(std::move(*response));
  awaits_answer_ = true;
  return State::kServing;
}

Session::State Session::send(Response response) {
  return outbox_.send(socket_.get(), std::move(response)) ? State::kServing : State::kEnded;
}

bool Session::may_be_read() const {
  return !peer_finished_ && !awaits_answer_ && !backlogged_since_ &&
         outbox_.size() < max_unanswered_;
}

std::optional<Session::Stall> Session::stall() const {
  if (!outbox_.empty()) {
    return Stall{"it did not take its responses in time", outbox_.stalled_since()};
  }
  if (backlogged_since_) return Stall{"what it sent can't be closed", *backlogged_since_};
  return std::nullopt;
}

void Session::check_user() {
  if (backlogged_since_) wait_for_what_is_next();
}

void Session::wait_for_what_is_next() {
  caller_.account->set_unanswered(static_cast<uint32_t>(outbox_.size()));
  if (!caller_.user->is_backlogged()) {
    backlogged_since_.reset();
  } else {
    if (!backlogged_since_) backlogged_since_ = Outbox::Clock::now();
    delegate_.on_backlogged();
  }
  uint32_t wanted = 0;
  if (may_be_read()) wanted |= kReadable;
  if (!outbox_.empty()) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  loop_.modify(socket_.get(), wanted, *this);
  watched_ = wanted;
  if (!outbox_.empty()) delegate_.on_stalled(*this);
}

}  // namespace vm_control
