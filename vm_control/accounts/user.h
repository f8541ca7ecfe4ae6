// SPDX-License-Identifier: BSD-3-Clause
// A user: its sessions share an account, and a thread for the work that they could make slow. So
// each user keeps only itself waiting.
// Threads: the loop's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/base/blocking_worker.h"
#include "vm_control/base/result.h"

namespace vm_control {

class User {
 public:
  // How many jobs may wait on the thread before the user's requests have to wait, too; and how long
  // a session waits then before it looks again.
  static constexpr size_t kMaxWaiting = 64;
  static constexpr std::chrono::milliseconds kBacklogPause{2};

  // on_start  what the user's thread does first. Errors: EAGAIN (no more threads).
  static Result<std::shared_ptr<User>> create(const Resources& limits,
                                              std::function<void()> on_start);

  const std::shared_ptr<Account>& account() const { return account_; }

  // Releases what a session sent, without waiting for it: closes `fd`, unmaps `mapping`.
  void close(UniqueFd fd) { blocking_worker_->close(std::move(fd)); }
  void unmap(MemoryMapping mapping) { blocking_worker_->unmap(std::move(mapping)); }
  BlockingWorker& blocking_worker() { return *blocking_worker_; }

  // Whether nothing is charged to it, and nothing waits.
  bool has_nothing() const { return account_.use_count() == 1 && blocking_worker_->waiting() == 0; }

  // Whether so many jobs wait that the user's sessions read no more of what it sends.
  bool is_backlogged() const { return blocking_worker_->waiting() >= kMaxWaiting; }

 private:
  User(std::shared_ptr<Account> account, std::unique_ptr<BlockingWorker> blocking_worker)
      : account_(std::move(account)), blocking_worker_(std::move(blocking_worker)) {}

  std::shared_ptr<Account> account_;
  std::unique_ptr<BlockingWorker> blocking_worker_;
};

}  // namespace vm_control
