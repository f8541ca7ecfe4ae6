// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/account.h"

#include <algorithm>

namespace vm_control {
namespace {

// Nothing asked for is no reason to refuse, also where more is used than is allowed.
template <class Integer>
bool fits(Integer amount, Integer used, Integer limit) {
  return amount == 0 || (used <= limit && amount <= limit - used);
}

}  // namespace

Charge& Charge::operator=(Charge&& other) noexcept {
  if (this != &other) {
    refund();
    account_ = std::move(other.account_);
    resources_ = std::exchange(other.resources_, {});
  }
  return *this;
}

void Charge::refund() {
  for (Account* each = account_.get(); each; each = each->parent_.get()) each->subtract(resources_);
  account_.reset();
}

Result<Charge> Account::charge(const Resources& resources) {
  for (Account* each = this; each; each = each->parent_.get()) {
    if (!each->has_room_for(resources)) return fail(EDQUOT, "charge a session");
  }
  for (Account* each = this; each; each = each->parent_.get()) each->add(resources);
  return Charge(shared_from_this(), resources);
}

void Account::set_unanswered(uint32_t count) {
  // Unsigned arithmetic wraps around and back: a smaller count adds the right difference.
  uint32_t change = count - used_.unanswered;
  for (Account* each = this; each; each = each->parent_.get()) each->used_.unanswered += change;
}

bool Account::is_behind() const {
  for (const Account* each = this; each; each = each->parent_.get()) {
    if (each->used_.unanswered >= each->limits_.unanswered) return true;
  }
  return false;
}

Resources Account::limits() const {
  Resources least = limits_;
  for (const Account* each = parent_.get(); each; each = each->parent_.get()) {
    least.sessions = std::min(least.sessions, each->limits_.sessions);
    least.regions = std::min(least.regions, each->limits_.regions);
    least.events = std::min(least.events, each->limits_.events);
    least.unanswered = std::min(least.unanswered, each->limits_.unanswered);
    least.bytes = std::min(least.bytes, each->limits_.bytes);
  }
  return least;
}

bool Account::has_room_for(const Resources& resources) const {
  return fits(resources.sessions, used_.sessions, limits_.sessions) &&
         fits(resources.regions, used_.regions, limits_.regions) &&
         fits(resources.events, used_.events, limits_.events) &&
         fits(resources.bytes, used_.bytes, limits_.bytes);
}

void Account::add(const Resources& resources) {
  used_.sessions += resources.sessions;
  used_.regions += resources.regions;
  used_.events += resources.events;
  used_.bytes += resources.bytes;
}

void Account::subtract(const Resources& resources) {
  used_.sessions -= resources.sessions;
  used_.regions -= resources.regions;
  used_.events -= resources.events;
  used_.bytes -= resources.bytes;
}

}  // namespace vm_control
