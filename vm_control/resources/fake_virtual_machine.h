// SPDX-License-Identifier: BSD-3-Clause
// A VirtualMachine without a hypervisor: keeps what it was told, refuses what KVM refuses, and
// fails on request. For tests and fuzzers.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class FakeVirtualMachine final : public VirtualMachine {
 public:
  struct Memory {
    GuestRange range;
    std::byte* host;
    RegionFlags flags;
  };

  Result<void> add_memory(Slot slot, GuestRange range, std::byte* host,
                          RegionFlags flags) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (memory.contains(slot)) return fail(EINVAL, "fake: the slot is taken");
    for (auto& [other, region] : memory) {
      if (region.range.overlaps(range)) return fail(EEXIST, "fake");
    }
    memory.emplace(slot, Memory{range, host, flags});
    return {};
  }

  Result<void> remove_memory(Slot slot) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (memory.erase(slot) == 0) return fail(ENOENT, "fake");
    return {};
  }

  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    auto found = memory.find(slot);
    if (found == memory.end() || !found->second.flags.log_dirty) return fail(ENOENT, "fake");
    return std::vector<uint64_t>((found->second.range.size() / kPageSize + 63) / 64, dirty_word);
  }

  Result<void> register_ioevent(int event, const Ioevent& ioevent) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (!is_eventfd(event)) return fail(EINVAL, "fake: no eventfd");
    for (auto& [other, same] : ioevents) {
      if (same == ioevent) return fail(EEXIST, "fake");
    }
    ioevents.emplace_back(event, ioevent);
    return {};
  }

  Result<void> unregister_ioevent(int event, const Ioevent& ioevent) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (std::erase(ioevents, std::pair(event, ioevent)) == 0) return fail(ENOENT, "fake");
    return {};
  }

  Result<void> register_irqfd(int event, uint32_t gsi) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (!is_eventfd(event)) return fail(EINVAL, "fake: no eventfd");
    irqs.emplace_back(event, gsi);
    return {};
  }

  Result<void> unregister_irqfd(int event, uint32_t gsi) override {
    std::lock_guard lock(mutex);
    if (int code = std::exchange(fail_next_with, 0)) return fail(code, "fake");
    if (std::erase(irqs, std::pair(event, gsi)) == 0) return fail(ENOENT, "fake");
    return {};
  }

  void request_pause() override {
    std::lock_guard lock(mutex);
    ++pauses;
    if (pauses_at_once) state = VmState::kPaused;
  }
  void request_resume() override {
    std::lock_guard lock(mutex);
    state = VmState::kRunning;
  }
  void request_exit() override {
    std::lock_guard lock(mutex);
    ++exits;
  }
  Result<void> request_power_button() override {
    std::lock_guard lock(mutex);
    if (!has_power_button) return fail(ENOTSUP, "fake: no power button");
    ++power_buttons;
    return {};
  }
  Info info() const override {
    std::lock_guard lock(mutex);
    return {.state = state, .vcpus = 2, .ram_bytes = 128 << 20};
  }

  mutable std::mutex mutex;  // guards the rest while a server uses this

  std::map<Slot, Memory> memory;
  std::vector<std::pair<int, Ioevent>> ioevents;  // with the eventfd
  std::vector<std::pair<int, uint32_t>> irqs;
  uint64_t dirty_word = 0;  // what every word of a dirty log is
  VmState state = VmState::kRunning;
  bool pauses_at_once = true;
  bool has_power_button = true;
  int pauses = 0;
  int power_buttons = 0;
  int exits = 0;
  int fail_next_with = 0;  // errno of the next call, which then does nothing

 private:
  static bool is_eventfd(int fd) {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error) ==
           "anon_inode:[eventfd]";
  }
};

}  // namespace vm_control
