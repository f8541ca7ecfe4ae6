// SPDX-License-Identifier: BSD-3-Clause
// Leads the memory faults of vCPU threads to the control thread, which alone knows whose memory it
// is and may replace it.
//
//   vCPU thread                  control thread
//   KVM_RUN: EFAULT
//   handle_fault()  -----------> event() is readable
//   waits                        serve(quarantine):  quarantine(where) replaces the memory
//   true  <---------------------   and says that it did
//   KVM_RUN
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vmm/machine/memory_fault_sink.h"

namespace vm_control::vmm {

class MemoryFaults final : public MemoryFaultSink {
 public:
  // Replaces what has gone of the memory at an address, or of all memory if there is none; says if
  // there was anything to replace.
  using Quarantine = std::function<bool(std::optional<GuestAddress>)>;

  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<MemoryFaults>> create();

  // Readable when there is something to serve().
  const EventFd& event() const { return event_; }

  // The same for memory that has been shrunk, wherever it is: after an access, which proves nothing.
  using Check = std::function<bool()>;

  // Control thread: calls `quarantine` for the faults that vCPU threads have reported, and wakes
  // them; but not for one that an earlier call has repaired. Calls `check` if there were accesses.
  void serve(const Quarantine& quarantine, const Check& check);

  // Whether there is memory that its sender can shrink. While there is none, as at first, accesses
  // are not reported: a guest that pokes at nothing does not wake the control thread.
  void set_watching(bool watching) { watching_ = watching; }

  uint64_t repairs() const override { return repairs_; }
  bool handle_fault(std::optional<GuestAddress> where, uint64_t repairs) override;
  // What was accessed counts for nothing: it may be a region that is only for reading.
  void notify_access() override;
  void stop() override;

 private:
  struct Fault {
    std::optional<GuestAddress> where;
    uint64_t repairs = 0;              // when the vCPU last entered the guest
    std::optional<bool> outcome = {};  // guarded by mutex_
  };
  // Shared: after stop() the vCPU thread leaves while serve() may still have its fault.
  using Faults = std::vector<std::shared_ptr<Fault>>;

  explicit MemoryFaults(EventFd event) : event_(std::move(event)) {}

  Faults take_faults();
  void serve_fault(Fault& fault, const Quarantine& quarantine);
  bool note(bool repaired);

  EventFd event_;
  std::atomic<bool> watching_{false};
  std::atomic<bool> accessed_{false};
  std::atomic<uint64_t> repairs_{0};

  std::mutex mutex_;
  std::condition_variable served_;
  Faults faults_;
  bool stopped_ = false;
};

}  // namespace vm_control::vmm
