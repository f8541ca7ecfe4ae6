// SPDX-License-Identifier: BSD-3-Clause
// Whom vCPU threads tell that the guest touched memory which its host can't give: memory that the
// process which lent it has shrunk, or taken away.
//
// With hardware paging, KVM_RUN fails and the vCPU can't go on until that memory is replaced. With
// shadow paging, KVM takes the address for one without memory, and the guest goes on.
// Threads: the vCPUs', at the same time; stop() by any.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

class MemoryFaultSink {
 public:
  // How often memory has been replaced so far. A vCPU thread asks before each run: so a fault that
  // was repaired while the vCPU ran is known from one that wasn't.
  virtual uint64_t repairs() const = 0;

  // KVM_RUN failed. Waits until that is looked into: true if the memory was replaced since the
  // caller saw `repairs`, so that the vCPU may try again.
  //
  // where  what the guest touched, if this KVM can tell.
  virtual bool handle_fault(std::optional<GuestAddress> where, uint64_t repairs) = 0;

  // The guest read or wrote where KVM found no memory. Cheap, and does not wait.
  virtual void notify_access() = 0;

  // The machine stops: nobody may wait any more, now and from now on. Does not wait.
  virtual void stop() = 0;

 protected:
  ~MemoryFaultSink() = default;
};

}  // namespace vm_control::vmm
