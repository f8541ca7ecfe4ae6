// SPDX-License-Identifier: BSD-3-Clause
// The users of a server: one for each uid that may connect, one for all uids that may not, and one
// for each connection that somebody else made and the server adopted.
//
// All of them, and their threads, exist before they are needed, so that a server in a sandbox
// starts none.
// Threads: the loop's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/quotas.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/accounts/user.h"
#include "vm_control/base/result.h"

namespace vm_control {

class Users {
 public:
  // on_thread_start  what the thread of a user does first. Errors: EAGAIN (no more threads).
  static Result<Users> create(const Quotas& quotas, std::function<void()> on_thread_start);

  // Makes users of all uids that `policy` admits. Errors: EAGAIN.
  Result<void> admit(const SocketPolicy& policy);

  // A user for one connection. It takes over the thread of one that has nothing left.
  // Errors: EAGAIN.
  Result<std::shared_ptr<User>> add();

  // The user with `uid`, or the one of strangers.
  const std::shared_ptr<User>& of(uid_t uid) const;

  // Those who may not connect, or only try to.
  const User& strangers() const { return *strangers_; }

  // The caller in a new session of `user`, an owner of its own: owners get their numbers here.
  Caller session_caller(const std::shared_ptr<User>& user, const Credentials& peer, Rights rights,
                        SealPolicy seal_policy);

  // The caller in a datagram from `sender`. Its registrations belong to the VM.
  Caller datagram_caller(const SocketPolicy& policy, const Credentials& sender) const;

  // The sum of what all of them have.
  Resources used() const;

  // As BlockingWorker::wait_idle(), for the threads of all of them.
  bool wait_idle(std::chrono::milliseconds timeout) const;

 private:
  template <class Function>
  void for_each(Function function) const;

  Users(const Quotas& quotas, std::function<void()> on_thread_start)
      : quotas_(quotas), on_thread_start_(std::move(on_thread_start)) {}

  Quotas quotas_;
  std::function<void()> on_thread_start_;
  uint64_t last_owner_ = 0;
  std::shared_ptr<User> strangers_;
  std::unordered_map<uid_t, std::shared_ptr<User>> users_;
  std::vector<std::shared_ptr<User>> adopted_;
};

}  // namespace vm_control
