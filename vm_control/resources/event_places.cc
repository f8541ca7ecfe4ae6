// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/event_places.h"

#include <algorithm>
#include <string>

#include "vm_control/accounts/share.h"
#include "vm_control/base/check.h"

namespace vm_control {
namespace {

constexpr const char* kAttach = "attach an event";

// The bytes at which an ioevent may be hit. One of any length is hit by the widest write.
uint64_t width_of(const Ioevent& ioevent) {
  if (ioevent.length) return ioevent.length;
  return ioevent.space == Ioevent::Space::kPort ? 4 : 8;
}

bool overlap(const EventTarget& left, const EventTarget& right) {
  if (left.index() != right.index()) return false;
  if (auto* irqfd = std::get_if<Irqfd>(&left)) return irqfd->gsi == std::get<Irqfd>(right).gsi;
  const auto& one = std::get<Ioevent>(left);
  const auto& other = std::get<Ioevent>(right);
  if (one.space != other.space) return false;
  return one.address < other.address ? other.address - one.address < width_of(one)
                                     : one.address - other.address < width_of(other);
}

bool same_kind(const EventTarget& left, const EventTarget& right) {
  if (left.index() != right.index()) return false;
  auto* ioevent = std::get_if<Ioevent>(&left);
  return !ioevent || ioevent->space == std::get<Ioevent>(right).space;
}

}  // namespace

EventPlaces::EventPlaces(const EventRanges& ranges, std::vector<GuestRange> device_memory)
    : ranges_(ranges),
      device_memory_(std::move(device_memory)),
      taken_(std::max<uint64_t>(ranges.doorbells ? ranges.doorbells->size() : 0,
                                ranges.doorbell_ports.count)) {
  claims_.reserve(size_t{2} * kMaxIoevents);
}

Result<void> EventPlaces::take(const EventTarget& target, const Caller& caller) {
  if (auto allowed = check_allowed(target, caller); !allowed) return allowed;
  bool is_anothers = std::ranges::any_of(claims_, [&](const Claim& each) {
    return each.principal != caller.principal && overlap(each.target, target);
  });
  if (is_anothers) return fail(EEXIST, kAttach, "where another client has one");
  if (!caller.rights.contains(Right::kAdmin)) {
    if (auto share = check_share(target, caller.principal); !share) return share;
  }
  claims_.push_back({target, caller.principal});
  return {};
}

Result<void> EventPlaces::check_allowed(const EventTarget& target, const Caller& caller) const {
  bool is_admin = caller.rights.contains(Right::kAdmin);
  if (auto* irqfd = std::get_if<Irqfd>(&target)) {
    if (irqfd->gsi >= ranges_.gsis) return fail(EINVAL, kAttach, "to no interrupt of the machine");
    if (is_admin || ranges_.interrupts.contains(irqfd->gsi)) return {};
    return fail(EACCES, kAttach, "to interrupt " + std::to_string(irqfd->gsi));
  }
  const auto& ioevent = std::get<Ioevent>(target);
  if (is_set_aside(ioevent)) return {};
  bool is_outside = std::ranges::none_of(device_memory_, [&](GuestRange range) {
    return ioevent.space == Ioevent::Space::kMemory &&
           range.contains(GuestAddress(ioevent.address));
  });
  if (is_admin && is_outside) return {};
  return fail(EACCES, kAttach, "at address " + std::to_string(ioevent.address));
}

bool EventPlaces::is_set_aside(const Ioevent& ioevent) const {
  uint64_t width = std::max(ioevent.length, 1u);
  if (ioevent.space == Ioevent::Space::kPort) {
    return ranges_.doorbell_ports.contains(ioevent.address, width);
  }
  auto range = GuestRange::create(GuestAddress(ioevent.address), width);
  return range && ranges_.doorbells && ranges_.doorbells->contains(*range);
}

Result<void> EventPlaces::check_share(const EventTarget& target, OwnerId principal) const {
  bool is_irqfd = std::holds_alternative<Irqfd>(target);
  uint32_t mine = 0;
  uint32_t all = 0;
  uint64_t seen = 0;  // interrupts, by bit: one with several eventfds counts once
  for (const Claim& each : claims_) {
    if (!same_kind(each.target, target)) continue;
    if (is_irqfd && overlap(each.target, target)) return {};
    if (is_irqfd) {
      uint64_t bit = uint64_t{1} << (std::get<Irqfd>(each.target).gsi % 64);
      if (seen & bit) continue;
      seen |= bit;
    }
    ++all;
    if (each.principal == principal) ++mine;
  }
  uint32_t most = is_irqfd ? ranges_.interrupts.count : kMaxIoevents;
  if (is_fair_share(mine, 1, most - std::min(all, most), 1)) return {};
  return fail(ENOSPC, kAttach, "when no more than that are left for others");
}

Result<uint64_t> EventPlaces::find_free(const Ioevent& ioevent) {
  bool is_port = ioevent.space == Ioevent::Space::kPort;
  uint64_t first = ranges_.doorbell_ports.first;
  uint64_t count = ranges_.doorbell_ports.count;
  if (!is_port) {
    first = ranges_.doorbells ? ranges_.doorbells->start().value() : 0;
    count = ranges_.doorbells ? ranges_.doorbells->size() : 0;
  }
  taken_.assign(taken_.size(), false);
  for (const Claim& each : claims_) {
    if (!same_kind(each.target, ioevent)) continue;
    const auto& there = std::get<Ioevent>(each.target);
    for (uint64_t at = there.address; at < there.address + width_of(there); ++at) {
      if (at >= first && at - first < count) taken_[at - first] = true;
    }
  }
  uint64_t width = width_of(ioevent);
  for (uint64_t offset = 0; offset + width <= count; offset += width) {
    auto begin = taken_.begin() + static_cast<ptrdiff_t>(offset);
    if (std::none_of(begin, begin + static_cast<ptrdiff_t>(width), [](bool is) { return is; })) {
      return first + offset;
    }
  }
  return fail(ENOSPC, "find a free address for an ioevent");
}

void EventPlaces::release(const EventTarget& target, OwnerId principal) {
  auto claim = std::ranges::find_if(claims_, [&](const Claim& each) {
    if (each.principal != principal || each.target.index() != target.index()) return false;
    auto* ioevent = std::get_if<Ioevent>(&target);
    return ioevent ? *ioevent == std::get<Ioevent>(each.target) : overlap(each.target, target);
  });
  CHECK(claim != claims_.end());
  *claim = claims_.back();
  claims_.pop_back();
}

}  // namespace vm_control
