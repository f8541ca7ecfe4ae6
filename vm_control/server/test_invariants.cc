// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/test_invariants.h"

#include <map>
#include <set>
#include <vector>

namespace vm_control {
namespace {

std::vector<Region> regions_of(const TestServer& test) {
  std::vector<Region> regions;
  auto region = test.memory.next_after(std::nullopt);
  for (; region; region = test.memory.next_after(region->range.start())) regions.push_back(*region);
  return regions;
}

// The registrations of one owner, or of all.
struct Possessions {
  Resources charged;
  uint32_t uncharged = 0;

  void add(const Resources& resources) {
    charged.regions += resources.regions;
    charged.events += resources.events;
    charged.bytes += resources.bytes;
    charged.detached += resources.detached;
    if (resources == Resources()) ++uncharged;
  }
};

class Audit {
 public:
  explicit Audit(const TestServer& test) : test_(test), regions_(regions_of(test)) {}

  std::string run() {
    check_layout();
    check_machine();
    check_charges();
    check_owners();
    check_totals();
    return wrong_;
  }

 private:
  void expect(bool holds, const char* what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

  void check_layout() {
    GuestRange window = test_.memory.window();
    uint64_t free = window.size();
    GuestAddress end = window.start();
    for (const Region& each : regions_) {
      expect(each.range.start() >= end, "a region overlaps another, or lies below the window");
      end = GuestAddress(each.range.start().value() + each.range.size());
      free -= each.range.size();
      expect(test_.memory.find(each.slot)->range == each.range, "a slot names another region");
      expect(test_.memory.find(each.handle)->range == each.range, "a handle names another region");
    }
    expect(end.value() <= window.start().value() + window.size(), "a region leaves the window");
    expect(test_.memory.count() == regions_.size(), "a slot is taken by no region");
    expect(test_.memory.free_bytes() == free, "addresses are lost");
  }

  void check_machine() {
    size_t shown = 0;
    for (const Region& each : regions_) {
      auto found = test_.vm.memory.find(each.slot);
      bool is_there = found != test_.vm.memory.end();
      expect(is_there != each.quarantined, "the machine lacks a region, or has its remains");
      if (!is_there) continue;
      ++shown;
      expect(found->second.range == each.range, "the machine has a region elsewhere");
      expect(found->second.host != nullptr, "a region has no memory");
      expect(found->second.flags == each.flags, "a region is read-only or not");
    }
    expect(test_.vm.memory.size() == shown, "the machine has memory that belongs to no region");
    expect(test_.vm.ioevents.size() + test_.vm.irqs.size() == test_.executor.events().count(),
           "the machine has other events than are registered");
  }

  void check_charges() {
    for (const Region& each : regions_) {
      const Resources& resources = each.charged;
      Resources right{.regions = 1,
                      .descriptors = each.shrinkable ? 1u : 0u,
                      .bytes = each.range.size(),
                      .detached = each.charged.detached};
      expect(resources == right || resources == Resources(), "a region costs something else");
      add(each.owner, resources);
    }
    test_.executor.events().for_each([this](const Owner& owner, const Resources& resources) {
      expect(resources == Resources{.events = 1, .descriptors = 1} || resources == Resources(),
             "an event costs something else");
      add(owner, resources);
    });
  }

  void add(const Owner& owner, const Resources& resources) {
    by_owner_[owner.id].add(resources);
    all_.add(resources);
  }

  void check_owners() {
    std::set<OwnerId> owners;
    test_.server->for_each_principal_for_testing([&](const Principal& principal) {
      principal.for_each_owner_for_testing([&](OwnerId owner) { owners.insert(owner); });
      principal.for_each_session_for_testing(
          [&](const Session& session) { check_session(session.caller()); });
    });
    for (const auto& [owner, has] : by_owner_) {
      if (owner == OwnerId::kVm) continue;
      expect(owners.contains(owner), "a session that ended owns things");
      expect(has.uncharged == 0, "a session has things for nothing");
    }
  }

  void check_session(const Caller& caller) {
    // A datagram pair's registrations belong to the principal.
    if (caller.owner.id == caller.principal) return;
    const Resources& used = caller.account->used();
    const Resources& has = by_owner_[caller.owner.id].charged;
    expect(used.regions == has.regions && used.events == has.events && used.bytes == has.bytes,
           "a session is charged for something else than it has");
  }

  void check_totals() {
    Resources used;
    size_t connections =
        test_.server->session_count() + test_.server->subscriber_count_for_testing();
    test_.server->for_each_principal_for_testing([&](const Principal& principal) {
      used += principal.used_for_testing();
      connections += principal.remains_for_testing();
    });
    expect(used.regions == all_.charged.regions && used.events == all_.charged.events &&
               used.bytes == all_.charged.bytes,
           "users are charged for something else than they have");
    expect(used.sessions == connections, "users are charged for other sessions than there are");
  }

  const TestServer& test_;
  std::vector<Region> regions_;
  std::map<OwnerId, Possessions> by_owner_;
  Possessions all_;
  std::string wrong_;
};

}  // namespace

std::string broken_invariant(const TestServer& test) {
  return Audit(test).run();
}

size_t kept_fds(const TestServer& test) {
  size_t count = test.server->session_count() + test.server->subscriber_count_for_testing() +
                 test.executor.events().count();
  for (const Region& each : regions_of(test)) count += each.shrinkable ? 1u : 0u;
  return count;
}

}  // namespace vm_control
