// SPDX-License-Identifier: BSD-3-Clause
// What somebody has, and how much it may have.
//
// Accounts form two levels: a session's, and above it the one that it shares with the other
// sessions of its user. A charge goes to both, or to none.
// Threads: not synchronised; the control thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "vm_control/base/result.h"

namespace vm_control {

// So much of each thing that is counted: what is used, or what may be.
struct Resources {
  uint32_t sessions = 0;    // connections and subscriptions; of a session: those that it opened
  uint32_t regions = 0;     // of device memory
  uint32_t events = 0;      // ioevents and irqfds
  uint32_t unanswered = 0;  // requests whose responses were not taken
  uint64_t bytes = 0;       // of the regions together

  bool operator==(const Resources&) const = default;
};

class Account;

// Something that an account was charged for; given back when this goes.
class Charge {
 public:
  Charge() = default;
  Charge(Charge&& other) noexcept
      : account_(std::move(other.account_)), resources_(std::exchange(other.resources_, {})) {}
  Charge& operator=(Charge&& other) noexcept;
  ~Charge() { refund(); }

  const Resources& resources() const { return resources_; }

 private:
  friend class Account;
  Charge(std::shared_ptr<Account> account, const Resources& resources)
      : account_(std::move(account)), resources_(resources) {}
  void refund();

  // Shared: what is charged for may outlive the session and its server.
  std::shared_ptr<Account> account_;
  Resources resources_;
};

class Account : public std::enable_shared_from_this<Account> {
 public:
  explicit Account(const Resources& limits, std::shared_ptr<Account> parent = nullptr)
      : limits_(limits), parent_(std::move(parent)) {}

  // Takes `resources` of this account and of those above it. Errors: EDQUOT if any of them would
  // have more than its limit; then nothing changes.
  Result<Charge> charge(const Resources& resources);

  // Counts responses that wait for their client. Never refused: see is_behind().
  void set_unanswered(uint32_t count);

  // Whether this account, or one above it, has as many unanswered requests as it may.
  bool is_behind() const;

  const Resources& used() const { return used_; }
  // What may be used here and above, whichever is less.
  Resources limits() const;

 private:
  friend class Charge;

  bool has_room_for(const Resources& resources) const;
  void add(const Resources& resources);
  void subtract(const Resources& resources);

  Resources limits_;
  Resources used_;
  std::shared_ptr<Account> parent_;
};

}  // namespace vm_control
