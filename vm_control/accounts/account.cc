// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/account.h"

#include <algorithm>

#include "vm_control/base/check.h"

namespace vm_control {
namespace {

template <class Integer>
bool fits(Integer amount, Integer used, Integer limit) {
  return amount == 0 || (used <= limit && amount <= limit - used);
}

// Calls function(pointer to member) for each count that has a limit.
template <class Function>
void for_each_limited_count(Function function) {
  for (auto count : {&Resources::sessions, &Resources::regions, &Resources::events,
                     &Resources::unanswered, &Resources::in_flight}) {
    function(count);
  }
  for (auto count : {&Resources::bytes, &Resources::detached, &Resources::in_flight_bytes}) {
    function(count);
  }
}

template <class Function>
void for_each_count(Function function) {
  for_each_limited_count(function);
  function(&Resources::descriptors);
}

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
  for_each_count([&](auto count) { this->*count += other.*count; });
  return *this;
}

Resources& Resources::operator-=(const Resources& other) {
  for_each_count([&](auto count) { this->*count -= other.*count; });
  return *this;
}

Resources Resources::min(const Resources& other) const {
  Resources least;
  for_each_count([&](auto count) { least.*count = std::min(this->*count, other.*count); });
  return least;
}

Resources Resources::unlimited() {
  Resources most;
  // Unsigned: one less than 0 is the most.
  for_each_count([&](auto count) { most.*count -= 1; });
  return most;
}

bool Resources::has_room_for(const Resources& more, const Resources& limits) const {
  bool has_room = true;
  for_each_limited_count(
      [&](auto count) { has_room &= fits(more.*count, this->*count, limits.*count); });
  return has_room;
}

Charge& Charge::operator=(Charge&& other) noexcept {
  if (this != &other) {
    refund();
    account_ = std::move(other.account_);
    resources_ = std::exchange(other.resources_, {});
  }
  return *this;
}

void Charge::refund() {
  if (!account_) return;
  {
    std::lock_guard lock(*account_->mutex_);
    for (Account* each = account_.get(); each; each = each->parent_.get())
      each->used_ -= resources_;
    DescriptorPool* pool = account_->topmost().pool_.get();
    if (pool) pool->give_back(resources_.descriptors);
  }
  account_.reset();
}

void Charge::spend_mapping_time(TimeBudget::Clock::duration time) const {
  if (account_) account_->spend_mapping_time(time);
}

Account::Account(const Resources& limits, std::shared_ptr<Account> parent,
                 std::shared_ptr<DescriptorPool> pool)
    : limits_(limits),
      parent_(std::move(parent)),
      mutex_(parent_ ? parent_->mutex_ : std::make_shared<std::mutex>()),
      pool_(std::move(pool)) {}

Account::~Account() {
  CHECK(used_ == Resources());
}

Result<Charge> Account::charge(const Resources& resources) {
  std::lock_guard lock(*mutex_);
  for (Account* each = this; each; each = each->parent_.get()) {
    if (!each->used_.has_room_for(resources, each->limits_))
      return fail(EDQUOT, "charge a session");
  }
  Account& top = topmost();
  bool needs_share = top.pool_ && resources.descriptors > 0;
  if (needs_share &&
      !top.pool_->take(top.used_.descriptors, resources.descriptors, top.is_exempt_)) {
    return fail(EMFILE, "have more descriptors than are left for others");
  }
  return add(resources);
}

Charge Account::charge_descriptors(uint32_t most) {
  std::lock_guard lock(*mutex_);
  Account& top = topmost();
  uint32_t count =
      top.pool_ ? top.pool_->take_up_to(most, top.used_.descriptors, top.is_exempt_) : most;
  return add({.descriptors = count});
}

// Call with the lock.
Charge Account::add(const Resources& resources) {
  for (Account* each = this; each; each = each->parent_.get()) each->used_ += resources;
  return Charge(shared_from_this(), resources);
}

bool Account::may_have_descriptor() const {
  std::lock_guard lock(*mutex_);
  const Account& top = topmost();
  return !top.pool_ || top.pool_->has_one(top.used_.descriptors, top.is_exempt_);
}

void Account::set_unanswered(uint32_t count) {
  std::lock_guard lock(*mutex_);
  // Unsigned arithmetic wraps around and back: a smaller count adds the right difference.
  uint32_t change = count - used_.unanswered;
  for (Account* each = this; each; each = each->parent_.get()) each->used_.unanswered += change;
}

bool Account::is_behind() const {
  std::lock_guard lock(*mutex_);
  for (const Account* each = this; each; each = each->parent_.get()) {
    if (each->used_.unanswered >= each->limits_.unanswered) return true;
  }
  return false;
}

void Account::spend_mapping_time(TimeBudget::Clock::duration time) {
  // Nearly all take this way, with each request.
  if (time <= TimeBudget::kFree) return;
  std::lock_guard lock(*mutex_);
  topmost().mapping_time_.spend(time, TimeBudget::Clock::now());
  topmost().may_be_overdrawn_ = true;
}

bool Account::is_overdrawn() {
  Account& top = topmost();
  if (!top.may_be_overdrawn_) return false;
  std::lock_guard lock(*mutex_);
  top.may_be_overdrawn_ = top.mapping_time_.is_overdrawn(TimeBudget::Clock::now());
  return top.may_be_overdrawn_;
}

Resources Account::used() const {
  std::lock_guard lock(*mutex_);
  return used_;
}

Resources Account::limits() const {
  Resources least = limits_;
  for (const Account* each = parent_.get(); each; each = each->parent_.get()) {
    least = least.min(each->limits_);
  }
  return least;
}

}  // namespace vm_control
