// SPDX-License-Identifier: BSD-3-Clause
// What the sessions of one user share: an account, and a thread for what they could make slow. So
// each user keeps only itself waiting.
// Threads: the control thread only.
#pragma once

#include <functional>
#include <memory>

#include "vm_control/base/result.h"
#include "vm_control/base/blocking_worker.h"
#include "vm_control/accounts/account.h"

namespace vm_control {

class Tenant {
 public:
  // How much may wait on the thread before the tenant's requests have to wait, too.
  static constexpr size_t kMaxWaiting = 64;

  // on_start  what the tenant's thread does first. Errors: EAGAIN (no more threads).
  static Result<std::shared_ptr<Tenant>> create(const Amounts& limits,
                                                std::function<void()> on_start);

  const std::shared_ptr<Account>& account() const { return account_; }

  // Lets go of what a session sent, without waiting for it: closes `fd`, unmaps `mapping`.
  void close(UniqueFd fd) { slow_lane_->close(std::move(fd)); }
  void unmap(MemoryMapping mapping) { slow_lane_->unmap(std::move(mapping)); }
  SlowLane& slow_lane() { return *slow_lane_; }

  // Whether nothing is charged to it, and nothing waits.
  bool has_nothing() const { return account_.use_count() == 1 && slow_lane_->waiting() == 0; }

  // Whether so much waits that the tenant must send no more. An end of its own making is not near.
  bool is_held_up() const { return slow_lane_->waiting() >= kMaxWaiting; }

 private:
  Tenant(std::shared_ptr<Account> account, std::unique_ptr<SlowLane> slow_lane)
      : account_(std::move(account)), slow_lane_(std::move(slow_lane)) {}

  std::shared_ptr<Account> account_;
  std::unique_ptr<SlowLane> slow_lane_;
};

}  // namespace vm_control
