// SPDX-License-Identifier: BSD-3-Clause
// Notices device memory that its sender has taken away, and has it replaced, so that the guest goes
// on.
//
// Only memory that could not be sealed can vanish, and while there is none the watch does nothing.
// It looks for vanished memory when a vCPU reports a fault or an access, and twenty times a second
// by itself: a guest can hang where its memory was, because KVM takes the page for one that is being
// read in, and tells nobody that it never comes.
//
// A file that has its size can lack pages, which its file system gives when they are first written.
// If that is full, the guest gets none. The watch finds the page that an access names by trying it.
// A guest that hangs names no page. So a region is replaced when its file lacks pages, and its file
// system is full at two looks, a second apart: whether the guest hangs there can't be told.
//
// A sender can shrink and grow its file faster than anybody looks. So a fault without a cause is
// retried, up to a rate; beyond that all memory that could be the cause is replaced.
// Threads: that of the loop, which should be one of its own: to replace memory can take as long as
// its sender likes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/rate_limiter.h"
#include "vm_control/base/result.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/memory_faults.h"

namespace vm_control {

class MemoryWatch {
 public:
  // Watches `memory`, and serves `faults`; both outlive this, as `loop` does.
  // Errors: as EventLoop::watch() says.
  static Result<std::unique_ptr<MemoryWatch>> create(EventLoop& loop, DeviceMemory& memory,
                                                     MemoryFaults& faults);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  // The guest could not reach its memory: at `where`, if that is known. It has vanished, or the
  // guest wrote where no region is. Returns whether the vCPU should retry.
  bool on_memory_fault(std::optional<GuestAddress> where);

  // The guest found no memory at `where`. Replaces the region there if the host can't give it that
  // page; returns whether it did.
  bool on_access(GuestAddress where) { return memory_.quarantine_unreachable(where); }

  // Replaces memory that has been shrunk; returns whether there was any.
  bool check();

  // Replaces memory of files on full file systems, if they were full at the last look, too; returns
  // whether there was any.
  bool look_for_full_disks();

 private:
  MemoryWatch(EventLoop& loop, DeviceMemory& memory, MemoryFaults& faults);

  void set_watching(bool watching);
  void check_later();

  EventLoop& loop_;
  DeviceMemory& memory_;
  MemoryFaults& faults_;
  RateLimiter causeless_faults_;
  std::vector<Handle> starved_;  // the regions of files on full file systems, at the last look
  uint32_t checks_ = 0;
  Watch reports_;
  Timer next_check_;
};

}  // namespace vm_control
