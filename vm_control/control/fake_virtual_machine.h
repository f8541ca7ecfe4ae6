// SPDX-License-Identifier: BSD-3-Clause
// A VirtualMachine without a hypervisor: keeps what it was told, refuses what KVM refuses, and
// fails on request. For tests and fuzzers.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "vm_control/control/virtual_machine.h"

namespace vm_control {

class FakeVirtualMachine final : public VirtualMachine {
 public:
  struct Memory {
    GuestRange range;
    std::byte* host;
  };

  Result<void> add_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags) override {
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (memory.contains(slot)) return fail(EINVAL, "fake: the slot is taken");
    for (auto& [other, region] : memory) {
      if (region.range.overlaps(range)) return fail(EEXIST, "fake");
    }
    memory.emplace(slot, Memory{range, host});
    return {};
  }

  Result<void> remove_memory(Slot slot) override {
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (memory.erase(slot) == 0) return fail(ENOENT, "fake");
    return {};
  }

  Result<void> register_ioevent(int, const Ioevent& ioevent) override {
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    ioevents.push_back(ioevent);
    return {};
  }

  Result<void> register_irqfd(int, uint32_t gsi) override {
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    irqs.push_back(gsi);
    return {};
  }

  void request_exit() override { ++exits; }

  std::map<Slot, Memory> memory;
  std::vector<Ioevent> ioevents;
  std::vector<uint32_t> irqs;
  int exits = 0;
  int fail_next_with = 0;  // errno of the next call, which then does nothing
};

}  // namespace vm_control
