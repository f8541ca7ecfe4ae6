// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/server.h"

#include <sys/socket.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/peer_credentials.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

Result<std::unique_ptr<Server>> Server::create(EventLoop& loop, Executor& executor,
                                               Options options) {
  auto deadline = options.session_deadline;
  auto on_thread_start = options.on_thread_start;
  Users users = TRY(Users::create(options.quotas, on_thread_start));
  std::unique_ptr<Server> server(new Server(loop, executor, std::move(options), std::move(users)));
  server->sessions_ =
      TRY(Sessions::create({.loop = loop,
                            .executor = executor,
                            .users = server->users_,
                            .publisher = server->publisher_,
                            .log = server->log_},
                           {.deadline = deadline,
                            .on_room = [raw = server.get()] { raw->resume_listeners(); },
                            .on_thread_start = std::move(on_thread_start)}));
  executor.set_region_observer(&server->publisher_);
  return server;
}

Server::Server(EventLoop& loop, Executor& executor, Options options, Users users)
    : loop_(loop),
      executor_(executor),
      log_(std::move(options.log)),
      users_(std::move(users)),
      publisher_(loop, log_) {}

Server::~Server() {
  // Before the sessions: a peer that sees its session end finds the path free.
  listeners_.clear();
  endpoints_.clear();
  sessions_.reset();
  executor_.set_region_observer(nullptr);
}

// ---- sockets ----------------------------------------------------------------------------------

Result<void> Server::listen(const std::string& path, SocketType type, const SocketPolicy& policy) {
  if (type == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve at", path);
  return listen(TRY(BoundSocket::bind(path, type, policy.mode)), policy);
}

Result<void> Server::listen(BoundSocket socket, const SocketPolicy& policy) {
  if (socket.type() == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve a stream");
  TRY(users_.admit(policy));
  if (socket.type() == SocketType::kSeqpacket) {
    listeners_.push_back(TRY(Listener::create(std::move(socket), policy, loop_, *this)));
    return {};
  }
  auto caller_of = [this, policy](const Credentials& sender) {
    return users_.datagram_caller(policy, sender);
  };
  endpoints_.push_back(
      TRY(DatagramEndpoint::create(std::move(socket), loop_, sessions_->dispatcher(), caller_of)));
  return {};
}

Result<void> Server::adopt(UniqueFd socket, const SocketPolicy& policy,
                           std::optional<Credentials> peer) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (kind.listening) {
    TRY(users_.admit(policy));
    listeners_.push_back(TRY(Listener::create(std::move(socket), policy, loop_, *this)));
    return {};
  }
  if (!kind.connected) return fail(ENOTCONN, "adopt a socket");
  if (!peer) peer = TRY(peer_credentials(socket.get()));
  std::shared_ptr<User> user = TRY(users_.add());
  Charge charge = TRY(user->account()->charge({.sessions = 1}));
  Caller caller = users_.session_caller(user, *peer, policy.allow, policy.seal_policy);
  OwnerId id = caller.owner.id;
  // A datagram pair raises no hangup: registrations of a session would stay when the peer has gone.
  if (kind.type == SocketType::kDatagram) caller.owner.id = OwnerId::kVm;
  return sessions_->add(id, std::move(socket), caller, std::move(charge));
}

// ---- connections ------------------------------------------------------------------------------

void Server::on_connection(Listener& listener, UniqueFd connection) {
  auto admitted = admit(listener.policy(), connection.get());
  if (admitted) {
    auto& [caller, charge] = *admitted;
    auto added = sessions_->add(caller.owner.id, std::move(connection), caller, std::move(charge));
    if (!added) log_.write("cannot serve a connection: " + added.error().message());
    return;
  }
  refuse(std::move(connection), admitted.error());
  // Strangers must not fill this process with descriptors that it can't close.
  if (users_.strangers().is_backlogged()) listener.pause();
}

Result<Server::Admission> Server::admit(const SocketPolicy& policy, int connection) {
  Credentials peer = TRY(peer_credentials(connection));
  if (!policy.admits(peer.uid)) return fail(EPERM, "serve");
  const std::shared_ptr<User>& user = users_.of(peer.uid);
  if (user->is_backlogged()) return fail(EDQUOT, "serve");
  Charge charge = TRY(user->account()->charge({.sessions = 1}));
  return Admission{users_.session_caller(user, peer, policy.allow, policy.seal_policy),
                   std::move(charge)};
}

// The peer takes the error for the response to its first request.
void Server::refuse(UniqueFd connection, const Error& error) {
  Credentials peer = peer_credentials(connection.get()).value_or(Credentials());
  log_.write("refused a connection of " + peer.to_string() + ": " + error.message());
  EncodedResponse encoded = encode(response::Err{error.code()});
  ignore(send_message(connection.get(), encoded.bytes, -1, MSG_DONTWAIT),
         "the peer may be gone, and sees the end of the connection in any case");
  shutdown(connection.get(), SHUT_RDWR);
  users_.of(peer.uid)->blocking_worker().run(
      [closing = std::move(connection)] { discard_messages(closing.get()); });
}

void Server::on_connection_without_room(Listener&, UniqueFd connection) {
  refuse(std::move(connection), Error(EMFILE, "serve"));
}

void Server::on_accept_failed(const Error& error) {
  log_.write("no new connections for now: " + error.message());
}

void Server::resume_listeners() {
  for (const auto& each : listeners_) each->resume();
}

// ---- the virtual machine ----------------------------------------------------------------------

void Server::on_state_changed() {
  // Pauses are answered first: a VM that was resumed and has paused again looks as it did before.
  sessions_->dispatcher().on_state_changed();
  VmStatus status = executor_.status();
  status.sessions = session_count();
  publisher_.publish_state(status);
}

}  // namespace vm_control
