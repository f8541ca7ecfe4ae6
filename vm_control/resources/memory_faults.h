// SPDX-License-Identifier: BSD-3-Clause
// Leads the memory faults of vCPU threads to the thread that replaces memory.
//
//   vCPU thread                  thread of the MemoryWatch
//   KVM_RUN: EFAULT
//   handle_fault()  -----------> event() is readable
//   waits                        serve(repair):  repair(where) replaces the memory
//   true: retry  <-------------    and says whether to retry
//   KVM_RUN
//
// The epoch settles the race between a vCPU that runs into memory and a repair of that memory which
// is already under way: a fault from before the epoch moved on is retried without a further look.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/resources/memory_fault_sink.h"

namespace vm_control {

class MemoryFaults final : public MemoryFaultSink {
 public:
  // Replaces the memory that vanished, at an address or anywhere; returns whether to retry.
  using Repair = std::function<bool(std::optional<GuestAddress>)>;
  // Looks for vanished memory after an access at an address, which proves nothing; returns whether
  // any was replaced.
  using Check = std::function<bool(GuestAddress)>;

  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<MemoryFaults>> create();
  ~MemoryFaults();

  // Readable when there is something to serve().
  EventFd& event() { return event_; }

  // The watch's thread: calls `repair` for each fault that is not older than the epoch, and wakes
  // the vCPU threads that reported faults. Calls `check` once for each page that was accessed.
  void serve(const Repair& repair, const Check& check);

  // The watch's thread: memory has been replaced for another reason than a fault.
  void advance_epoch() { ++epoch_; }

  // Whether there is memory that its sender can shrink. While there is none, as at first, accesses
  // are not reported: a guest that pokes at nothing wakes nobody.
  void set_watching(bool watching) { watching_ = watching; }

  uint64_t epoch() const override { return epoch_; }
  bool handle_fault(std::optional<GuestAddress> where, uint64_t epoch) override;
  void notify_access(GuestAddress where) override;
  void stop() override;

 private:
  struct Reports;

  MemoryFaults(EventFd event, std::unique_ptr<Reports> reports);

  bool advance_epoch_if(bool repaired);

  EventFd event_;
  std::atomic<bool> watching_{false};
  std::atomic<uint64_t> epoch_{0};
  std::unique_ptr<Reports> reports_;
};

}  // namespace vm_control
