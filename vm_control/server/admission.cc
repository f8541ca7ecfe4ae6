// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/admission.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/peer_credentials.h"

namespace vm_control {

template <class Socket>
Result<std::unique_ptr<Admission>> Admission::create(Socket socket, const SocketPolicy& policy,
                                                     EventLoop& loop, std::shared_ptr<LogQueue> log,
                                                     MakePrincipal make_principal) {
  TRY(policy.check());
  std::unique_ptr<Admission> admission(new Admission(policy, loop, std::move(log)));
  TRY(admission->make_principals(std::move(make_principal)));
  admission->listener_ = TRY(Listener::create(std::move(socket), loop, *admission));
  return admission;
}

template Result<std::unique_ptr<Admission>> Admission::create(BoundSocket, const SocketPolicy&,
                                                              EventLoop&, std::shared_ptr<LogQueue>,
                                                              MakePrincipal);
template Result<std::unique_ptr<Admission>> Admission::create(UniqueFd, const SocketPolicy&,
                                                              EventLoop&, std::shared_ptr<LogQueue>,
                                                              MakePrincipal);

Admission::Admission(const SocketPolicy& policy, EventLoop& loop, std::shared_ptr<LogQueue> log)
    : policy_(policy),
      loop_(loop),
      log_(std::move(log)),
      self_(std::make_shared<Admission*>(this)) {}

Result<void> Admission::make_principals(MakePrincipal make_principal) {
  strangers_ = TRY(make_principal(resume_later()));
  std::vector<uid_t> admitted = policy_.uids;
  admitted.insert(admitted.end(), {0, geteuid()});
  std::erase_if(admitted, [this](uid_t uid) { return !policy_.admits(uid); });
  for (uid_t uid : admitted) {
    if (!principals_.contains(uid)) principals_[uid] = TRY(make_principal(resume_later()));
  }
  return {};
}

// A principal's thread calls it to have the main thread accept again.
Function<void()> Admission::resume_later() {
  return [poster = loop_.poster(), self = std::weak_ptr(self_)] {
    poster.post([self] {
      if (auto admission = self.lock()) (*admission)->listener_->resume();
    });
  };
}

Principal& Admission::principal_of(uid_t uid) {
  auto found = principals_.find(uid);
  return found == principals_.end() ? *strangers_ : *found->second;
}

bool Admission::may_accept() {
  return strangers_->may_wait() &&
         std::ranges::all_of(principals_, [](const auto& each) { return each.second->may_wait(); });
}

void Admission::on_connection(Listener& listener, UniqueFd connection) {
  auto peer = peer_credentials(connection.get()).value_or(Credentials());
  Principal& principal = principal_of(peer.uid);
  Principal::Arrival arrival{.socket = std::move(connection),
                             .peer = peer,
                             .rights = policy_.allow,
                             .seal_policy = policy_.seal_policy,
                             .doorbells = policy_.doorbells};
  if (&principal == strangers_.get()) {
    principal.refuse(std::move(arrival), EPERM);
  } else {
    principal.serve(std::move(arrival));
  }
  if (!principal.has_room()) listener.pause();
}

void Admission::on_connection_without_room(Listener&, UniqueFd connection) {
  auto peer = peer_credentials(connection.get()).value_or(Credentials());
  principal_of(peer.uid).refuse({.socket = std::move(connection), .peer = peer, .rights = {}},
                                EMFILE);
}

void Admission::on_accept_failed(const Error& error) {
  log_.write(LogKind::kFailed, "no new connections for now: " + error.message());
}

}  // namespace vm_control
