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

Result<std::unique_ptr<Session>> Session::create(UniqueFd socket, Options options, EventLoop& loop,
                                                 Dispatcher& dispatcher, Delegate& delegate) {
  std::unique_ptr<Session> session(
      new Session(std::move(socket), std::move(options), loop, dispatcher, delegate));
  session->watch_ =
      TRY(loop.watch(session->socket_.get(), kReadable,
                     [raw = session.get()](uint32_t events) { raw->go_on(raw->serve(events)); }));
  return session;
}

Session::Session(UniqueFd socket, Options options, EventLoop& loop, Dispatcher& dispatcher,
                 Delegate& delegate)
    : socket_(std::move(socket)),
      options_(std::move(options)),
      dispatcher_(dispatcher),
      delegate_(delegate),
      outbox_(caller().account),
      max_unanswered_(std::min<size_t>(caller().account->limits().unanswered, Outbox::kCapacity)),
      watched_(kReadable),
      deadline_timer_(loop.timer([this] { on_deadline(); })),
      taking_timer_(loop.timer([this] { wait_for_events(); })) {}

Session::~Session() {
  dispatcher_.forget(*this);
  watch_ = Watch();
  caller().account->set_unanswered(0);
  // The peer sees the end at once. To close the socket can take its time: unread messages may have
  // descriptors.
  shutdown(socket_.get(), SHUT_RDWR);
}

void Session::on_answer(Response response) {
  awaits_answer_ = false;
  go_on(send(std::move(response)));
}

void Session::go_on(State state) {
  if (state == State::kEnded) return delegate_.on_ended(*this);
  if (caller().account->is_overdrawn()) {
    return delegate_.on_overdue(*this, "its memory kept others from mapping theirs for too long");
  }
  wait_for_events();
}

Session::State Session::serve(uint32_t events) {
  if (!outbox_.flush(socket_.get())) return State::kEnded;
  outbox_.untaken().update(socket_.get());
  if (peer_finished_) return outbox_.empty() ? State::kEnded : State::kServing;
  if (may_be_read() && events & EPOLLIN) return serve_one_request(events);
  // Nobody can receive what the peer waits for, or what is queued. epoll would report that again in
  // each turn.
  return events & (EPOLLHUP | EPOLLERR) ? State::kEnded : State::kServing;
}

// One a turn: a client that floods gets no more of the loop than one that does not.
Session::State Session::serve_one_request(uint32_t events) {
  bool end_is_near = events & EPOLLRDHUP;
  // Only a message has a sender: that tells an empty one from the end of the connection.
  if (end_is_near && !set_credentials_wanted(socket_.get())) return State::kEnded;
  RequestBuffer buffer;
  Charge room = charge_message_fds(*caller().account);
  auto message = receive_message(socket_.get(), buffer, MSG_DONTWAIT, nullptr, max_fds(room));
  if (!message) return message.error().code() == EAGAIN ? State::kServing : State::kEnded;
  if (end_is_near && !message->sender) {
    peer_finished_ = true;
    return outbox_.empty() ? State::kEnded : State::kServing;
  }
  if (message->extra_fds.empty()) room = Charge();
  Dispatcher::Message request = message_in(buffer, *message);
  auto response = dispatcher_.answer(*this, caller(), request);
  if (response) return send(std::move(*response));
  awaits_answer_ = true;
  return State::kServing;
}

Session::State Session::send(Response response) {
  return outbox_.send(socket_.get(), std::move(response)) ? State::kServing : State::kEnded;
}

// ---- waiting ----------------------------------------------------------------------------------

bool Session::may_be_read() const {
  return !peer_finished_ && !awaits_answer_ && outbox_.size() < max_unanswered_ &&
         outbox_.untaken().size() < UntakenFds::kMax;
}

void Session::wait_for_events() {
  caller().account->set_unanswered(static_cast<uint32_t>(outbox_.size()));
  wait_for_deadline();
  wait_for_taking();
  uint32_t wanted = 0;
  if (may_be_read()) wanted |= kReadable;
  if (!outbox_.empty()) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  watch_.set_events(wanted);
  watched_ = wanted;
}

// The timer stays armed when the stall ends: a peer that is slow again and again costs no more.
void Session::wait_for_deadline() {
  if (outbox_.empty() || deadline_timer_) return;
  deadline_timer_.call_at(outbox_.stalled_since() + options_.deadline);
}

// Nothing tells when a peer takes what it was sent, so the session looks again and again.
void Session::wait_for_taking() {
  constexpr std::chrono::milliseconds kPause(10);
  if (outbox_.untaken().size() < UntakenFds::kMax) return;
  outbox_.untaken().update(socket_.get());
  if (outbox_.untaken().size() > 0) taking_timer_.call_at(Clock::now() + kPause);
}

std::optional<Session::Remains> Session::take_remains() {
  outbox_.untaken().drop_unsent();
  outbox_.untaken().update(socket_.get());
  if (outbox_.untaken().size() == 0) return std::nullopt;
  watch_ = Watch();
  shutdown(socket_.get(), SHUT_RDWR);
  return Remains{std::move(socket_), std::move(outbox_.untaken()), std::move(options_.charge)};
}

void Session::on_deadline() {
  bool is_over = !outbox_.empty() && outbox_.stalled_since() + options_.deadline <= Clock::now();
  if (is_over) return delegate_.on_overdue(*this, "it did not take its responses in time");
  wait_for_deadline();
}

}  // namespace vm_control
