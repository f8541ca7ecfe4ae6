// SPDX-License-Identifier: BSD-3-Clause
// Carries out requests on a virtual machine.
//
// The executor checks whether a thing belongs to the caller, and whether its account has room; the
// dispatcher has checked before that the caller may ask at all. Everything happens on the thread of
// the caller, and takes as long as its peer makes it take. Nothing throws on what a client asked:
// every request becomes a Response.
// Threads: any.
#pragma once

#include <chrono>
#include <mutex>

#include "vm_control/accounts/caller.h"
#include "vm_control/memory/guest_layout.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/resources/balloon.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/event_registrations.h"
#include "vm_control/resources/gpu_memory_allocator.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class Executor {
 public:
  // Everything referred to outlives this.
  struct Parts {
    VirtualMachine& vm;
    DeviceMemory& memory;
    Balloon& balloon;
    GpuMemoryAllocator* gpu = nullptr;  // none: GPU requests are answered with ENODEV
    // None: NextRegion tells no layout, and there are no doorbells and interrupts for clients.
    const GuestLayout* layout = nullptr;
  };

  explicit Executor(const Parts& parts);

  // Does what `caller` asks, all of it or nothing. A descriptor that it takes is taken from
  // `request`. Requests about a connection (Hello, Subscribe, OpenSession) are answered with
  // EOPNOTSUPP here: the dispatcher carries those out.
  Response execute(const Caller& caller, Request& request);

  // The same for the process that has the VM: it may do everything, and pays for nothing.
  Response execute(Request request);

  // Takes away all that belongs to `owner`, which has ended. Returns how many things the hypervisor
  // refused to give up: they are the VM's now.
  size_t release_all_of(OwnerId owner);

  const EventRegistrations& events() const { return events_; }
  // Without the sessions, which are the server's.
  VmStatus status() const;
  VmState state() const { return parts_.vm.info().state; }
  // Of Feature: what this VM offers beyond the requests themselves.
  uint64_t features() const { return parts_.layout ? kFeatureLayout : uint64_t{0}; }
  // One thread after the other: a GPU's driver, or a balloon, need not know of threads.
  Result<GpuBuffer> allocate_gpu_buffer(const request::AllocateAndRegisterGpuMemory& request) const;
  template <class Function>
  auto with_balloon(Function function) const {
    std::lock_guard lock(balloon_mutex_);
    return function(parts_.balloon);
  }

  // Answers with what the guest told of its memory last, or Err(ENODATA).
  Response balloon_stats() const;

  // Asks a running VM to pause, and returns at once with the state that it has then.
  VmState request_pause();

  // Tells `observer` what becomes of regions from now on; null tells nobody. It outlives this, or
  // is taken back.
  void set_region_observer(RegionObserver* observer) { parts_.memory.set_observer(observer); }

 private:
  Parts parts_;
  EventRegistrations events_;
  std::chrono::steady_clock::time_point created_ = std::chrono::steady_clock::now();
  Caller process_;
  mutable std::mutex gpu_mutex_;
  mutable std::mutex balloon_mutex_;
};

}  // namespace vm_control
