// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/peer_credentials.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

// How long to wait for a descriptor to become free before accepting again.
constexpr std::chrono::milliseconds kAcceptPause(100);

// How long to wait for a user that is held up before looking again.
constexpr std::chrono::milliseconds kBacklogPause(2);

// How often to look whether memory has been shrunk. A guest with hardware paging can hang where it
// was: KVM takes the page for one that is being read in, and tells nobody that it never comes.
constexpr std::chrono::milliseconds kMemoryPause(50);

// Lines of the log: so many a second, and so many at once.
constexpr double kLogRate = 5;
constexpr uint32_t kLogBurst = 50;

// Faults of the guest for which no reason is found: so many a second, and so many at once.
constexpr double kFaultRate = 100;
constexpr uint32_t kFaultBurst = 1000;

EventType event_of(VmState state) {
  switch (state) {
    case VmState::kRunning:
      return EventType::kResumed;
    case VmState::kPaused:
      return EventType::kPaused;
    case VmState::kExited:
      break;
  }
  return EventType::kExited;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(EventLoop& loop, Executor& executor,
                                               Options options) {
  TimerFd timer = TRY(TimerFd::create());
  Users users = TRY(Users::create(options.quotas, options.on_thread_start));
  std::unique_ptr<Server> server(
      new Server(loop, executor, std::move(options), std::move(timer), std::move(users)));
  Server* raw = server.get();
  server->dispatcher_ = TRY(Dispatcher::create(
      loop, executor, *server, [raw](const std::string& line) { raw->log(line); },
      server->options_.on_thread_start));
  TRY(loop.watch(server->timer_.fd(), EPOLLIN, *server));
  executor.parts().memory.set_observer(raw);
  return server;
}

Server::Server(EventLoop& loop, Executor& executor, Options options, TimerFd timer, Users users)
    : loop_(loop),
      executor_(executor),
      options_(std::move(options)),
      timer_(std::move(timer)),
      users_(std::move(users)),
      log_limiter_(kLogRate, kLogBurst),
      fault_limiter_(kFaultRate, kFaultBurst),
      publisher_(loop) {}

Server::~Server() {
  loop_.unwatch(timer_.fd(), *this);
  // Before the sessions: who sees its session end finds the path free.
  listeners_.clear();
  ports_.clear();
  while (!sessions_.empty()) end(sessions_.begin()->second);
  executor_.parts().memory.set_observer(nullptr);
}

// ---- sockets ----------------------------------------------------------------------------------

Result<void> Server::listen(const std::string& path, SocketType type, const SocketPolicy& policy) {
  if (type == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve at", path);
  return listen(TRY(BoundSocket::bind(path, type, policy.mode)), policy);
}

Result<void> Server::listen(BoundSocket socket, const SocketPolicy& policy) {
  if (socket.type() == SocketType::kStream) return fail(EPROTONOSUPPORT, "serve a stream");
  TRY(users_.admit(policy));
  if (socket.type() == SocketType::kSeqpacket) return add_listener(std::move(socket), policy);
  DatagramEndpoint& port = ports_.emplace_back(std::move(socket), policy, loop_, *dispatcher_,
                                               static_cast<DatagramEndpoint::Delegate&>(*this));
  auto started = port.start();
  if (!started) ports_.pop_back();
  return started;
}

Result<void> Server::adopt(UniqueFd socket, const SocketPolicy& policy,
                           std::optional<Credentials> peer) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (kind.listening) {
    TRY(users_.admit(policy));
    return add_listener(std::move(socket), policy);
  }
  if (!kind.connected) return fail(ENOTCONN, "adopt a socket");
  if (!peer) peer = TRY(peer_credentials(socket.get()));
  std::shared_ptr<User> user = TRY(users_.add());
  Charge charge = TRY(user->account()->charge({.sessions = 1}));
  Caller caller = make_caller(*peer, policy.allow, policy.seal_policy, user);
  // A datagram pair raises no hangup: what came by it would be nobody's when its peer has gone.
  if (kind.type == SocketType::kDatagram) caller.owner.id = OwnerId::kVm;
  return add_session(std::move(socket), caller, std::move(charge));
}

template <class Socket>
Result<void> Server::add_listener(Socket socket, const SocketPolicy& policy) {
  Listener& listener = listeners_.emplace_back(std::move(socket), policy, loop_,
                                               static_cast<Listener::Delegate&>(*this));
  auto started = listener.start();
  if (!started) listeners_.pop_back();
  return started;
}

void Server::on_connection(Listener& listener, UniqueFd connection) {
  auto admitted = admit(listener.policy(), connection.get());
  if (admitted) {
    auto& [caller, charge] = *admitted;
    auto added = add_session(std::move(connection), caller, std::move(charge));
    if (!added) log("cannot serve a connection: " + added.error().message());
    return;
  }
  refuse(std::move(connection), admitted.error());
  // Who may not connect must not fill this process with descriptors that it can't close.
  if (users_.strangers().is_backlogged()) {
    listener.pause();
    call_back_at(Outbox::Clock::now() + kAcceptPause);
  }
}

Result<Server::Admission> Server::admit(const SocketPolicy& policy, int connection) {
  Credentials peer = TRY(peer_credentials(connection));
  if (!policy.admits(peer.uid)) return fail(EPERM, "serve");
  const std::shared_ptr<User>& user = users_.of(peer.uid);
  if (user->is_backlogged()) return fail(EDQUOT, "serve");
  Charge charge = TRY(user->account()->charge({.sessions = 1}));
  return Admission{make_caller(peer, policy.allow, policy.seal_policy, user), std::move(charge)};
}

// The peer takes this for the response to its first request.
void Server::refuse(UniqueFd connection, const Error& error) {
  Credentials peer = peer_credentials(connection.get()).value_or(Credentials());
  log("refused a connection of " + peer.to_string() + ": " + error.message());
  EncodedResponse encoded = encode(response::Err{error.code()});
  static_cast<void>(send_message(connection.get(), encoded.bytes, -1, MSG_DONTWAIT));
  shutdown(connection.get(), SHUT_RDWR);
  users_.of(peer.uid)->close(std::move(connection));
}

void Server::on_connection_without_room(Listener&, UniqueFd connection) {
  refuse(std::move(connection), Error(EMFILE, "serve"));
}

void Server::on_accept_failed(const Error& error) {
  log("no new connections for now: " + error.message());
  call_back_at(Outbox::Clock::now() + kAcceptPause);
}

// ---- sessions ---------------------------------------------------------------------------------

Caller Server::make_caller(const Credentials& peer, Rights rights, SealPolicy seal_policy,
                           const std::shared_ptr<User>& user) {
  auto account = std::make_shared<Account>(options_.quotas.session, user->account());
  return {.owner = {.id = OwnerId(++last_owner_), .who = peer},
          .rights = rights,
          .seal_policy = seal_policy,
          .account = std::move(account),
          .lasting_account = user->account(),
          .user = user};
}

Result<void> Server::add_session(UniqueFd connection, const Caller& caller, Charge charge) {
  uint64_t id = last_owner_;
  auto added = sessions_.try_emplace(id, id, std::move(connection), caller, std::move(charge),
                                     loop_, *dispatcher_, static_cast<Session::Delegate&>(*this));
  Session& session = added.first->second;
  auto started = session.start();
  if (!started) sessions_.erase(added.first);
  return started;
}

Caller Server::caller_of(const DatagramEndpoint& port, const Credentials& sender) {
  const SocketPolicy& policy = port.policy();
  const std::shared_ptr<User>& user = users_.of(sender.uid);
  return {.owner = {.id = OwnerId::kVm, .who = sender},
          .rights = policy.admits(sender.uid) ? policy.allow : Rights(),
          .seal_policy = policy.seal_policy,
          .account = user->account(),
          .lasting_account = user->account(),
          .user = user};
}

Result<UniqueFd> Server::open_session(const Caller& caller) {
  Charge charge = TRY(caller.account->charge({.sessions = 1}));
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  TRY(add_session(std::move(ours),
                  make_caller(caller.owner.who, caller.rights, caller.seal_policy, caller.user),
                  std::move(charge)));
  return std::move(theirs);
}

Result<UniqueFd> Server::subscribe(const Caller& caller, uint32_t mask) {
  return publisher_.subscribe(caller.owner.id, mask, *caller.account);
}

void Server::end(Session& session) {
  OwnerId owner = session.caller().owner.id;
  if (owner != OwnerId::kVm) {
    publisher_.drop_all_of(owner);
    size_t kept = executor_.release_all_of(owner);
    if (kept > 0) log("the VM keeps " + std::to_string(kept) + " things of a session that ended");
  }
  sessions_.erase(session.id());
}

void Server::on_ended(Session& session) {
  end(session);
  // Its descriptors are free now.
  resume_listeners();
}

void Server::on_stalled(Session& session) {
  if (auto stall = session.stall()) call_back_at(stall->since + options_.session_deadline);
}

void Server::on_backlogged() {
  call_back_at(Outbox::Clock::now() + kBacklogPause);
}

// ---- the virtual machine ----------------------------------------------------------------------

void Server::on_state_changed() {
  // Before anything is compared: a VM that was resumed and has paused again looks as it did.
  dispatcher_->on_state_changed();
  VmStatus status = executor_.status();
  if (status.state == told_state_) return;
  told_state_ = status.state;
  status.sessions = session_count();
  publisher_.publish(event_of(status.state), status);
}

bool Server::on_memory_fault(std::optional<GuestAddress> fault) {
  DeviceMemory& memory = executor_.parts().memory;
  if (memory.quarantine_vanished(fault) > 0 || std::exchange(found_vanished_, false)) return true;
  if (fault) return memory.has_filler(*fault);
  if (!memory.has_shrinkable()) return false;
  // It was shrunk, and has grown again before anybody looked: the guest may try again. If that goes
  // on, nobody is trusted any more who could be doing it.
  return fault_limiter_.allow(RateLimiter::Clock::now()) || memory.quarantine_shrinkable() > 0;
}

bool Server::check_memory() {
  return executor_.parts().memory.quarantine_vanished({}) > 0;
}

void Server::watch_memory() {
  if (!memory_due_at_) return;
  if (Outbox::Clock::now() < *memory_due_at_) return watch_memory_later();
  memory_due_at_.reset();
  // The fault of a vCPU may be on its way here, and would find no reason any more.
  if (check_memory()) found_vanished_ = true;
  if (executor_.parts().memory.has_shrinkable()) watch_memory_later();
}

// The timer has other reasons, some of them every few milliseconds: those look at no file.
void Server::watch_memory_later() {
  if (!memory_due_at_) memory_due_at_ = Outbox::Clock::now() + kMemoryPause;
  call_back_at(*memory_due_at_);
}

void Server::on_region_added(const Region& region) {
  if (region.shrinkable) watch_memory_later();
  publisher_.publish(EventType::kRegionAdded, region);
}

void Server::on_region_removed(const Region& region) {
  publisher_.publish(EventType::kRegionRemoved, region);
}

void Server::on_region_quarantined(const Region& region) {
  log("the memory of slot " + std::to_string(region.slot.value()) + ", registered by " +
      region.owner.who.to_string() + ", has vanished: the guest sees filler there now");
  publisher_.publish(EventType::kRegionQuarantined, region);
}

// ---- the timer, the log -----------------------------------------------------------------------

void Server::on_events(uint32_t) {
  timer_.take();
  called_back_at_.reset();
  resume_listeners();
  watch_memory();
  for (DatagramEndpoint& port : ports_) port.check_user();
  end_overdue_sessions();
}

void Server::end_overdue_sessions() {
  auto now = Outbox::Clock::now();
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    Session& session = (next++)->second;
    session.check_user();
    auto stall = session.stall();
    if (!stall) continue;
    auto overdue_at = stall->since + options_.session_deadline;
    if (overdue_at > now) {
      call_back_at(overdue_at);
      continue;
    }
    log("ended the session of " + session.caller().owner.who.to_string() + ": " + stall->why);
    end(session);
  }
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

void Server::log(const std::string& line) {
  if (!log_limiter_.allow(RateLimiter::Clock::now())) return;
  if (uint64_t more = log_limiter_.take_suppressed()) {
    options_.log(std::to_string(more) + " lines like these were left out");
  }
  options_.log(line);
}

}  // namespace vm_control
