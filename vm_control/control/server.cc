// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/server.h"

#include <sys/epoll.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

// How long to wait for a descriptor to become free before accepting again.
constexpr std::chrono::milliseconds kAcceptPause(100);

}  // namespace

Result<std::unique_ptr<Server>> Server::create(EventLoop& loop, Executor& executor,
                                               Options options) {
  TimerFd timer = TRY(TimerFd::create());
  std::unique_ptr<Server> server(new Server(loop, executor, std::move(options), std::move(timer)));
  TRY(loop.watch(server->timer_.fd(), EPOLLIN, *server));
  return server;
}

Server::Server(EventLoop& loop, Executor& executor, Options options, TimerFd timer)
    : loop_(loop), executor_(executor), options_(std::move(options)), timer_(std::move(timer)) {}

Server::~Server() {
  loop_.unwatch(timer_.fd(), *this);
}

Result<void> Server::listen(const std::string& path, SocketType type) {
  if (type == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve at", path);
  BoundSocket socket = TRY(BoundSocket::bind(path, type));
  if (type == SocketType::kSeqpacket) return add_listener(std::move(socket));
  DatagramPort& port = ports_.emplace_back(std::move(socket), loop_, executor_);
  auto started = port.start();
  if (!started) ports_.pop_back();
  return started;
}

Result<void> Server::adopt(UniqueFd socket) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (kind.listening) return add_listener(std::move(socket));
  if (kind.connected) return add_session(std::move(socket));
  return fail(ENOTCONN, "adopt a socket");
}

template <class Socket>
Result<void> Server::add_listener(Socket socket) {
  Listener& listener =
      listeners_.emplace_back(std::move(socket), loop_, static_cast<Listener::Host&>(*this));
  auto started = listener.start();
  if (!started) listeners_.pop_back();
  return started;
}

Result<void> Server::add_session(UniqueFd connection) {
  Session& session = sessions_.emplace_back(std::move(connection), loop_, executor_,
                                            static_cast<Session::Host&>(*this));
  auto started = session.start();
  if (!started) sessions_.pop_back();
  return started;
}

void Server::on_connection(UniqueFd connection) {
  auto added = add_session(std::move(connection));
  if (!added) options_.log("cannot serve a connection: " + added.error().message());
}

void Server::on_accept_failed(const Error& error) {
  options_.log("no new connections for now: " + error.message());
  call_back_at(Outbox::Clock::now() + kAcceptPause);
}

void Server::on_stalled(Session& session) {
  call_back_at(session.stalled_since() + options_.session_deadline);
}

void Server::on_ended(Session& session) {
  sessions_.remove_if([&](const Session& each) { return &each == &session; });
  // Its descriptors are free now.
  resume_listeners();
}

void Server::on_events(uint32_t) {
  timer_.take();
  called_back_at_.reset();
  resume_listeners();
  end_overdue_sessions();
}

void Server::end_overdue_sessions() {
  auto now = Outbox::Clock::now();
  sessions_.remove_if([&](const Session& session) {
    if (!session.is_stalled()) return false;
    auto overdue_at = session.stalled_since() + options_.session_deadline;
    if (overdue_at > now) {
      call_back_at(overdue_at);
      return false;
    }
    options_.log("ended a session: it did not take its responses in time");
    return true;
  });
}

void Server::resume_listeners() {
  for (Listener& listener : listeners_) listener.resume();
}

// The earliest of several reasons counts: the call looks at all of them.
void Server::call_back_at(Outbox::Clock::time_point when) {
  if (called_back_at_ && *called_back_at_ <= when) return;
  called_back_at_ = when;
  timer_.arm(when - Outbox::Clock::now());
}

}  // namespace vm_control
