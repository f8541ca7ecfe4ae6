// SPDX-License-Identifier: BSD-3-Clause
// Carries out requests on a virtual machine.
//
// Nothing here waits, and nothing throws on what a client asked: every request becomes a Response.
// Threads: the control thread only.
#pragma once

#include "vm_control/balloon/balloon.h"
#include "vm_control/control/device_memory.h"
#include "vm_control/control/virtual_machine.h"
#include "vm_control/gpu/gpu_memory_allocator.h"
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
    GpuMemoryAllocator* gpu = nullptr;  // none: GPU requests are answered with ENODEV
  };

  explicit Executor(const Parts& parts) : parts_(parts) {}

  // Does what `request` asks, all of it or nothing.
  Response execute(const Request& request);

 private:
  Parts parts_;
};

}  // namespace vm_control
