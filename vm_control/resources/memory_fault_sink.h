// SPDX-License-Identifier: BSD-3-Clause
// Hears from vCPU threads that the guest touched memory which its host can't give, because the
// process that lent it has shrunk it or taken it away, or the disk of its file is full.
//
// With hardware paging, KVM_RUN fails, and the vCPU can't go on until that memory is replaced. With
// shadow paging, KVM takes the address for one without memory, and the guest goes on.
// Threads: the vCPUs', at the same time; stop() by any.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/guest_address.h"

namespace vm_control {

class MemoryFaultSink {
 public:
  // Counts how often vanished memory has been replaced. A vCPU thread reads it before each run:
  // when the epoch has moved on by the time of a fault, the fault may have been repaired meanwhile.
  virtual uint64_t epoch() const = 0;

  // Call when KVM_RUN failed. Waits until the fault has been looked into, and returns whether the
  // vCPU should retry.
  //
  // where  the address that the guest touched, if this KVM can tell.
  // epoch  as it was before the run.
  virtual bool handle_fault(std::optional<GuestAddress> where, uint64_t epoch) = 0;

  // Call when the guest read or wrote at `where`, and KVM found no memory there. Cheap, and does not
  // wait.
  virtual void notify_access(GuestAddress where) = 0;

  // Call when the machine stops: from now on nobody waits. Does not wait itself.
  virtual void stop() = 0;

 protected:
  ~MemoryFaultSink() = default;
};

}  // namespace vm_control
