// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/server.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/peer_credentials.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

Result<std::unique_ptr<Server>> Server::create(EventLoop& loop, Executor& executor,
                                               Options options) {
  auto log = TRY(LogQueue::create(std::move(options.log)));
  std::shared_ptr<ServerContext> context(
      new ServerContext{.executor = executor,
                        .quotas = options.quotas,
                        .session_deadline = options.session_deadline,
                        .log = log});
  auto runner = std::move(options.runner);
  if (!runner) runner = std::make_unique<ThreadRunner>(std::move(options.on_thread_start));
  TRY(runner->start("log", log->loop(), log));
  executor.set_region_observer(&context->publisher);
  // How the balloon is now is no news to those who subscribe later.
  context->tell_balloon_changed();
  return std::unique_ptr<Server>(new Server(loop, std::move(context), std::move(runner)));
}

Server::Server(EventLoop& loop, std::shared_ptr<ServerContext> context,
               std::unique_ptr<LoopRunner> runner)
    : loop_(loop), context_(std::move(context)), runner_(std::move(runner)) {}

Server::~Server() {
  // Before the sessions: a peer that sees its session end finds the path free.
  admissions_.clear();
  adopted_.clear();
  if (runner_->stop(ThreadRunner::kPatience) == 0) context_->executor.set_region_observer(nullptr);
}

// ---- sockets ----------------------------------------------------------------------------------

Result<void> Server::listen(const std::string& path, SocketType type, const SocketPolicy& policy) {
  if (type == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve at", path);
  return listen(TRY(BoundSocket::bind(path, type, policy.mode, policy.uids)), policy);
}

Result<void> Server::listen(BoundSocket socket, const SocketPolicy& policy) {
  if (socket.type() == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve a stream");
  if (socket.type() == SocketType::kSeqpacket) return admit(std::move(socket), policy);
  auto principal = TRY(Principal::create(context_));
  TRY(principal->serve_datagrams(std::move(socket), policy));
  return runner_->start("principal", principal->loop(), principal);
}

Result<void> Server::adopt(UniqueFd socket, const SocketPolicy& policy,
                           std::optional<Credentials> peer) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (kind.listening) return admit(std::move(socket), policy);
  if (!kind.connected) return fail(ENOTCONN, "adopt a socket");
  if (!peer) peer = TRY(peer_credentials(socket.get()));
  auto principal = TRY(principal_of_a_connection());
  principal->serve({.socket = std::move(socket),
                    .peer = *peer,
                    .rights = policy.allow,
                    .seal_policy = policy.seal_policy,
                    .doorbells = policy.doorbells,
                    .has_hangup = kind.type != SocketType::kDatagram});
  return {};
}

template <class Socket>
Result<void> Server::admit(Socket socket, const SocketPolicy& policy) {
  auto make = [this](auto on_room) { return make_principal(std::move(on_room)); };
  admissions_.push_back(
      TRY(Admission::create(std::move(socket), policy, loop_, context_->log, std::move(make))));
  return {};
}

Result<std::shared_ptr<Principal>> Server::make_principal(Function<void()> on_room) {
  auto principal = TRY(Principal::create(context_));
  principal->set_on_room(std::move(on_room));
  TRY(runner_->start("principal", principal->loop(), principal));
  return principal;
}

// One whose peer has gone and left nothing is used again: a server in a sandbox starts no threads.
Result<std::shared_ptr<Principal>> Server::principal_of_a_connection() {
  for (const auto& each : adopted_) {
    if (each->is_idle()) return each;
  }
  adopted_.push_back(TRY(make_principal([] {})));
  return adopted_.back();
}

// ---- the virtual machine ----------------------------------------------------------------------

void Server::on_state_changed() {
  // Pauses are answered first: a VM that was resumed and has paused again looks as it did before.
  context_->post_to_all([](Principal& each) { each.dispatcher().on_state_changed(); });
  VmStatus status = context_->executor.status();
  status.sessions = session_count();
  context_->publisher.publish_state(status);
}

void Server::on_balloon_changed() {
  uint64_t reports =
      context_->executor.with_balloon([](Balloon& balloon) { return balloon.reports(); });
  if (std::exchange(told_reports_, reports) != reports) {
    context_->post_to_all([](Principal& each) { each.dispatcher().on_balloon_changed(); });
  }
  context_->tell_balloon_changed();
}

void Server::for_each_principal_for_testing(const std::function<void(Principal&)>& function) const {
  for (const ServerContext::Entry& each : context_->principals) function(*each.principal);
}

}  // namespace vm_control
