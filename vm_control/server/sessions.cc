// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/sessions.h"

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

Result<std::unique_ptr<Sessions>> Sessions::create(const Parts& parts, Options options) {
  std::unique_ptr<Sessions> sessions(new Sessions(parts, std::move(options)));
  sessions->dispatcher_ = TRY(Dispatcher::create(
      parts.loop, parts.executor, *sessions,
      [&log = parts.log](const std::string& line) { log.write(line); },
      sessions->options_.on_thread_start));
  return sessions;
}

Sessions::~Sessions() {
  while (!sessions_.empty()) end(*sessions_.begin()->second);
}

Result<void> Sessions::add(OwnerId id, UniqueFd connection, const Caller& caller, Charge charge) {
  sessions_[id] = TRY(Session::create(
      std::move(connection),
      {.id = id, .caller = caller, .charge = std::move(charge), .deadline = options_.deadline},
      parts_.loop, *dispatcher_, *this));
  return {};
}

Result<UniqueFd> Sessions::open_session(const Caller& caller) {
  Charge charge = TRY(caller.account->charge({.sessions = 1}));
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  Caller another =
      parts_.users.session_caller(caller.user, caller.owner.who, caller.rights, caller.seal_policy);
  TRY(add(another.owner.id, std::move(ours), another, std::move(charge)));
  return std::move(theirs);
}

Result<UniqueFd> Sessions::subscribe(const Caller& caller, uint32_t mask) {
  return parts_.publisher.subscribe(caller, mask);
}

void Sessions::end(Session& session) {
  OwnerId owner = session.caller().owner.id;
  if (owner != OwnerId::kVm) {
    parts_.publisher.drop_all_of(owner);
    size_t kept = parts_.executor.release_all_of(owner);
    if (kept > 0) {
      parts_.log.write("the VM keeps " + std::to_string(kept) + " things of a session that ended");
    }
  }
  sessions_.erase(session.id());
}

void Sessions::on_ended(Session& session) {
  end(session);
  options_.on_room();
}

void Sessions::on_overdue(Session& session, const char* why) {
  parts_.log.write("ended the session of " + session.caller().owner.who.to_string() + ": " + why);
  end(session);
}

}  // namespace vm_control
