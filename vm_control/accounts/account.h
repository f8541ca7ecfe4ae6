// SPDX-License-Identifier: BSD-3-Clause
// How the server counts what clients have, and limits it.
//
// Each session has an account, and above it stands the account of its user, which all sessions of
// that user share. Whatever a client registers is charged to both accounts, or refused if either
// has no room for it. The thing keeps its Charge, and gives back with it what it cost when it goes:
// so an account is empty when its owner has ended. Things that outlive a session are charged to the
// user alone. Responses that wait for a client are counted as well, but never refused: the further
// requests of a client with too many of them are refused instead. Descriptors have no quota: a
// principal has its share of a DescriptorPool.
// Threads: any. A lock guards the counts of an account and of all below it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "vm_control/accounts/descriptor_pool.h"
#include "vm_control/accounts/time_budget.h"
#include "vm_control/base/result.h"

namespace vm_control {

// An amount of each thing that is counted: of what is used, or of what may be used.
struct Resources {
  uint32_t sessions = 0;     // connections and subscriptions; of a session: those that it opened
  uint32_t regions = 0;      // of device memory
  uint32_t events = 0;       // ioevents and irqfds
  uint32_t unanswered = 0;   // requests whose responses were not taken
  uint32_t in_flight = 0;    // descriptors in responses that were not taken
  uint32_t descriptors = 0;  // all that this process has for them, and those in flight
  uint64_t bytes = 0;        // of the regions together
  uint64_t detached = 0;     // bytes of regions that outlive their session
  uint64_t in_flight_bytes = 0;  // of memory behind descriptors in flight

  // As much of each as can be counted.
  static Resources unlimited();

  bool operator==(const Resources&) const = default;
  Resources& operator+=(const Resources& other);
  Resources& operator-=(const Resources& other);
  // The lesser of each.
  Resources min(const Resources& other) const;
  // Whether `more` fits under `limits` on top of this, but for descriptors. A request for zero
  // always fits, even over the limit.
  bool has_room_for(const Resources& more, const Resources& limits) const;
};

class Account;

// The cost of a thing, which its account gets back when this is destroyed.
class Charge {
 public:
  Charge() = default;
  Charge(Charge&& other) noexcept
      : account_(std::move(other.account_)), resources_(std::exchange(other.resources_, {})) {}
  Charge& operator=(Charge&& other) noexcept;
  ~Charge() { refund(); }

  const Resources& resources() const { return resources_; }

  // As Account::spend_mapping_time() of the account that pays, if one does.
  void spend_mapping_time(TimeBudget::Clock::duration time) const;

 private:
  friend class Account;
  Charge(std::shared_ptr<Account> account, const Resources& resources)
      : account_(std::move(account)), resources_(resources) {}
  void refund();

  // Shared, as a charged thing may outlive the session and its server.
  std::shared_ptr<Account> account_;
  Resources resources_;
};

class Account : public std::enable_shared_from_this<Account> {
 public:
  // pool  whose descriptors it shares with others, if it has no parent; null: there is no limit.
  explicit Account(const Resources& limits, std::shared_ptr<Account> parent = nullptr,
                   std::shared_ptr<DescriptorPool> pool = nullptr);
  // Everything that was charged has been given back.
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // Takes `resources` of this account and of those above it. A failed call changes nothing.
  //
  // Errors  EDQUOT  one of them would have more than its limit.
  //         EMFILE  the topmost would have more than its share of descriptors.
  Result<Charge> charge(const Resources& resources);

  // Takes as many descriptors as its share has left, but at most `most`: perhaps none.
  Charge charge_descriptors(uint32_t most);

  // Whether its share has another descriptor.
  bool may_have_descriptor() const;

  // Whether the topmost account may have all descriptors, and leave none for others.
  void set_exempt(bool is_exempt) { topmost().is_exempt_ = is_exempt; }

  // Counts responses that wait for their client. Never refused: see is_behind().
  void set_unanswered(uint32_t count);

  // Whether this account, or one above it, has as many unanswered requests as it may.
  bool is_behind() const;

  // The memory of this account's owner has kept other mappings waiting for `time`.
  void spend_mapping_time(TimeBudget::Clock::duration time);

  // Whether it has done so for longer than it may, together with all that share its topmost
  // account.
  bool is_overdrawn();

  Resources used() const;
  // The limits here and above, whichever are less.
  Resources limits() const;

 private:
  friend class Charge;

  Account& topmost() { return parent_ ? parent_->topmost() : *this; }
  const Account& topmost() const { return parent_ ? parent_->topmost() : *this; }
  Charge add(const Resources& resources);

  Resources limits_;
  Resources used_;
  std::shared_ptr<Account> parent_;
  std::shared_ptr<std::mutex> mutex_;  // the one of the topmost account
  TimeBudget mapping_time_;            // the topmost account's counts
  std::atomic<bool> may_be_overdrawn_{false};
  std::shared_ptr<DescriptorPool> pool_;  // the topmost account's
  std::atomic<bool> is_exempt_{false};    // the topmost account's
};

}  // namespace vm_control
