// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/principal.h"

#include <sys/socket.h>

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/server/receive_request.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

// Stands for all who may not send.
constexpr uid_t kNobody = static_cast<uid_t>(-1);

// The descriptors that a principal has whatever its share is: those of its loop, connections that
// wait, those that come with a message, and two more that a request needs for a while.
constexpr uint32_t kOwnDescriptors = 3 + Principal::kLeastArriving + kLeastMessageFds + 2;

}  // namespace

Result<std::shared_ptr<Principal>> Principal::create(std::shared_ptr<ServerContext> context) {
  EventLoop loop = TRY(EventLoop::create());
  std::shared_ptr<Principal> principal(new Principal(std::move(loop), std::move(context)));
  principal->context_->add(*principal, principal->loop_.poster());
  return principal;
}

Principal::Principal(EventLoop loop, std::shared_ptr<ServerContext> context)
    : loop_(std::move(loop)),
      context_(std::move(context)),
      id_(context_->new_owner()),
      account_(std::make_shared<Account>(context_->quotas.user, nullptr, context_->descriptors)),
      doorbell_relays_(loop_),
      log_(context_->log),
      dispatcher_(context_->executor, *this, loop_,
                  [this](const std::string& line) { log_.write(LogKind::kDenied, line); }),
      remains_timer_(loop_.timer([this] { drop_remains(); })) {
  context_->descriptors->reserve(kOwnDescriptors);
}

Principal::~Principal() {
  endpoint_.reset();
  while (!sessions_.empty()) end(*sessions_.begin()->second);
  context_->descriptors->give_back(kOwnDescriptors);
}

// ---- connections ------------------------------------------------------------------------------

void Principal::serve(Arrival arrival) {
  post(std::move(arrival), 0);
}

void Principal::refuse(Arrival arrival, int code) {
  post(std::move(arrival), code);
}

void Principal::post(Arrival arrival, int refusal) {
  ++arriving_;
  arrival.charge = account_->charge_descriptors(1);
  loop_.post([this, refusal, shared = std::make_shared<Arrival>(std::move(arrival))]() mutable {
    if (refusal) {
      turn_away(*shared, refusal);
    } else {
      begin(*shared);
    }
    // It may close the connection here.
    shared.reset();
    uint32_t before = arriving_--;
    if (before == kMaxArriving || before == kLeastArriving) on_room_();
  });
}

bool Principal::is_idle() const {
  return arriving_ == 0 && account_.use_count() == 1;
}

void Principal::begin(Arrival& arrival) {
  if (account_->is_overdrawn()) return turn_away(arrival, EDQUOT);
  account_->set_exempt(arrival.rights.contains(Right::kAdmin));
  arrival.charge = Charge();
  auto charge_session = [this] { return account_->charge({.sessions = 1, .descriptors = 1}); };
  auto charge = charge_session();
  // Its peer may have closed another one just before.
  if (!charge && end_abandoned()) charge = charge_session();
  if (!charge) return turn_away(arrival, charge.error().code());
  Caller caller = caller_of(arrival);
  OwnerId id = caller.owner.id;
  if (!arrival.has_hangup) caller.owner.id = id_;
  auto added = add(id, std::move(arrival.socket), caller, std::move(*charge));
  if (!added) log_.write(LogKind::kFailed, "cannot serve a connection: " + added.error().message());
}

// The peer takes the error for the response to its first request.
void Principal::turn_away(Arrival& arrival, int code) {
  log_.write(LogKind::kRefused, "refused a connection of " + arrival.peer.to_string() + ": " +
                                    Error(code, "serve").message());
  EncodedResponse encoded = encode(response::Err{code});
  ignore(send_message(arrival.socket.get(), encoded.bytes, -1, MSG_DONTWAIT),
         "the peer may be gone, and sees the end of the connection in any case");
  shutdown(arrival.socket.get(), SHUT_RDWR);
  Charge room = charge_message_fds(*account_);
  discard_messages(arrival.socket.get(), max_fds(room));
}

Caller Principal::caller_of(const Arrival& arrival) {
  return {.owner = {.id = context_->new_owner(), .who = arrival.peer},
          .principal = id_,
          .rights = arrival.rights,
          .seal_policy = arrival.seal_policy,
          .doorbell_relays = relays_if(arrival.doorbells),
          .account = std::make_shared<Account>(context_->quotas.session, account_),
          .lasting_account = account_};
}

EventRelays* Principal::relays_if(Doorbells doorbells) {
  return doorbells == Doorbells::kRelay ? &doorbell_relays_ : nullptr;
}

// ---- datagrams --------------------------------------------------------------------------------

Result<void> Principal::serve_datagrams(BoundSocket socket, const SocketPolicy& policy) {
  auto caller_of_sender = [this, policy](const Credentials& sender) {
    return caller_of(policy, sender);
  };
  endpoint_ = TRY(DatagramEndpoint::create(std::move(socket), loop_, dispatcher_, account_,
                                           std::move(caller_of_sender)));
  return {};
}

Caller Principal::caller_of(const SocketPolicy& policy, const Credentials& sender) {
  bool is_admitted = policy.admits(sender.uid);
  // Strangers share one entry, which can have nothing.
  auto& [id, account] = senders_[is_admitted ? sender.uid : kNobody];
  if (!account) {
    id = context_->new_owner();
    account = std::make_shared<Account>(is_admitted ? context_->quotas.user : Resources(), nullptr,
                                        context_->descriptors);
    account->set_exempt(is_admitted && policy.allow.contains(Right::kAdmin));
  }
  return {.owner = {.id = id, .who = sender},
          .principal = id,
          .rights = is_admitted ? policy.allow : Rights(),
          .seal_policy = policy.seal_policy,
          .doorbell_relays = relays_if(policy.doorbells),
          .account = account,
          .lasting_account = account};
}

// ---- sessions ---------------------------------------------------------------------------------

Result<void> Principal::add(OwnerId id, UniqueFd connection, const Caller& caller, Charge charge) {
  sessions_[id] = TRY(Session::create(std::move(connection),
                                      {.id = id,
                                       .caller = caller,
                                       .charge = std::move(charge),
                                       .deadline = context_->session_deadline},
                                      loop_, dispatcher_, *this));
  ++context_->sessions;
  return {};
}

Result<UniqueFd> Principal::open_session(const Caller& caller) {
  Charge charge = TRY(caller.account->charge({.sessions = 1, .descriptors = 1}));
  TRY(caller.account->charge({.descriptors = 1}));  // the response is charged for the other end
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  Caller another = caller;
  another.owner.id = context_->new_owner();
  another.account = std::make_shared<Account>(context_->quotas.session, caller.lasting_account);
  TRY(add(another.owner.id, std::move(ours), another, std::move(charge)));
  return std::move(theirs);
}

Result<UniqueFd> Principal::subscribe(const Caller& caller, uint32_t mask) {
  return context_->publisher.subscribe(caller, mask, loop_);
}

void Principal::tell_resumed() {
  uint64_t resumes = ++context_->resumes;
  context_->post_to_all([resumes](Principal& each) { each.dispatcher().on_resumed(resumes); });
}

void Principal::end(Session& session) {
  OwnerId owner = session.caller().owner.id;
  if (owner == session.id()) {
    context_->publisher.drop_all_of(owner);
    size_t kept = context_->executor.release_all_of(owner);
    if (kept > 0) {
      context_->log->write_important("the VM keeps " + std::to_string(kept) +
                                     " things of a session that ended");
    }
  }
  auto remains = session.take_remains();
  sessions_.erase(session.id());
  --context_->sessions;
  if (remains) keep(std::move(*remains));
}

void Principal::keep(Session::Remains remains) {
  remains_.push_back(std::move(remains));
  if (!remains_timer_) remains_timer_.call_at(EventLoop::Clock::now());
}

void Principal::drop_remains() {
  constexpr std::chrono::milliseconds kPause(100);
  std::erase_if(remains_, [](Session::Remains& each) {
    each.untaken.update(each.socket.get());
    return each.untaken.size() == 0;
  });
  if (!remains_.empty()) remains_timer_.call_at(EventLoop::Clock::now() + kPause);
}

void Principal::on_ended(Session& session) {
  end(session);
}

void Principal::on_overdue(Session& session, const char* why) {
  log_.write(LogKind::kEnded,
             "ended the session of " + session.caller().owner.who.to_string() + ": " + why);
  end(session);
}

Resources Principal::used_for_testing() const {
  Resources used = account_->used();
  for (const auto& [uid, sender] : senders_) used += sender.account->used();
  return used;
}

void Principal::for_each_session_for_testing(
    const std::function<void(const Session&)>& function) const {
  for (const auto& [id, session] : sessions_) function(*session);
}

void Principal::for_each_owner_for_testing(const std::function<void(OwnerId)>& function) const {
  function(id_);
  for (const auto& [id, session] : sessions_) function(id);
  for (const auto& [uid, sender] : senders_) function(sender.id);
}

}  // namespace vm_control
