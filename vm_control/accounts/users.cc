// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/users.h"

#include <unistd.h>

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<Users> Users::create(const Quotas& quotas, std::function<void()> on_thread_start) {
  Users users(quotas, std::move(on_thread_start));
  users.strangers_ = TRY(User::create({}, users.on_thread_start_));
  return users;
}

Result<void> Users::admit(const SocketPolicy& policy) {
  std::vector<uid_t> admitted = policy.uids;
  admitted.insert(admitted.end(), {0, geteuid()});
  for (uid_t uid : admitted) {
    if (users_.contains(uid)) continue;
    users_[uid] = TRY(User::create(quotas_.user, on_thread_start_));
  }
  return {};
}

Result<std::shared_ptr<User>> Users::add() {
  for (const auto& each : adopted_) {
    if (each.use_count() == 1 && each->has_nothing()) return each;
  }
  adopted_.push_back(TRY(User::create(quotas_.user, on_thread_start_)));
  return adopted_.back();
}

const std::shared_ptr<User>& Users::of(uid_t uid) const {
  auto found = users_.find(uid);
  return found == users_.end() ? strangers_ : found->second;
}

Caller Users::session_caller(const std::shared_ptr<User>& user, const Credentials& peer,
                             Rights rights, SealPolicy seal_policy) {
  return {.owner = {.id = OwnerId(++last_owner_), .who = peer},
          .rights = rights,
          .seal_policy = seal_policy,
          .account = std::make_shared<Account>(quotas_.session, user->account()),
          .lasting_account = user->account(),
          .user = user};
}

Caller Users::datagram_caller(const SocketPolicy& policy, const Credentials& sender) const {
  const std::shared_ptr<User>& user = of(sender.uid);
  return {.owner = {.id = OwnerId::kVm, .who = sender},
          .rights = policy.admits(sender.uid) ? policy.allow : Rights(),
          .seal_policy = policy.seal_policy,
          .account = user->account(),
          .lasting_account = user->account(),
          .user = user};
}

template <class Function>
void Users::for_each(Function function) const {
  function(*strangers_);
  for (auto& [uid, user] : users_) function(*user);
  for (auto& user : adopted_) function(*user);
}

Resources Users::used() const {
  Resources sum;
  for_each([&](const User& each) { sum += each.account()->used(); });
  return sum;
}

bool Users::wait_idle(std::chrono::milliseconds timeout) const {
  bool idle = true;
  auto end = std::chrono::steady_clock::now() + timeout;
  for_each([&](User& each) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    idle &= each.blocking_worker().wait_idle(left);
  });
  return idle;
}

}  // namespace vm_control
