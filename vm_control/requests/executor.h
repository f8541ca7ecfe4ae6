// SPDX-License-Identifier: BSD-3-Clause
// Carries out requests on a virtual machine.
//
// It checks whose a thing is, and what its account has room for; whether a caller may ask at all
// has been decided before. Nothing here waits, and nothing throws on what a client asked: every
// request becomes a Response.
// Threads: the control thread only.
#pragma once

#include <chrono>

#include "vm_control/resources/balloon.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/event_registrations.h"
#include "vm_control/resources/virtual_machine.h"
#include "vm_control/resources/gpu_memory_allocator.h"
#include "vm_control/memory/guest_layout.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"

namespace vm_control {

class Executor {
 public:
  // Everything referred to outlives this.
  struct Parts {
    VirtualMachine& vm;
    DeviceMemory& memory;
    Balloon& balloon;
    GpuMemoryAllocator* gpu = nullptr;    // none: GPU requests are answered with ENODEV
    const GuestLayout* layout = nullptr;  // none: NextRegion tells no layout
  };

  explicit Executor(const Parts& parts);

  // Does what `caller` asks, all of it or nothing. A descriptor that it takes is taken from
  // `request`. Requests about a connection (Hello, Subscribe, OpenSession) are answered with
  // EOPNOTSUPP here.
  Response execute(const Caller& caller, Request& request);

  // The same for the process that has the VM: it may do everything, and pays for nothing.
  Response execute(Request request);

  // Shows `buffer`, which was allocated for `caller`, to the guest.
  Response add_gpu_buffer(const Caller& caller, GpuBuffer buffer);

  // Takes away all that belongs to `owner`, which is no more. Returns how many things the
  // hypervisor refused to give up: they are the VM's now.
  size_t release_all_of(OwnerId owner);

  const Parts& parts() const { return parts_; }
  const EventRegistrations& events() const { return events_; }
  // Without the sessions, which are the server's.
  VmStatus status() const;

 private:
  Parts parts_;
  EventRegistrations events_;
  std::chrono::steady_clock::time_point created_ = std::chrono::steady_clock::now();
  Caller process_;
};

}  // namespace vm_control
