// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_faults.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<std::unique_ptr<MemoryFaults>> MemoryFaults::create() {
  EventFd event = TRY(EventFd::create());
  return std::unique_ptr<MemoryFaults>(new MemoryFaults(std::move(event)));
}

bool MemoryFaults::handle_fault(std::optional<GuestAddress> where, uint64_t epoch) {
  auto fault = std::make_shared<Fault>(Fault{.where = where, .epoch = epoch});
  std::unique_lock lock(mutex_);
  if (stopped_) return false;
  faults_.push_back(fault);
  event_.signal();
  served_.wait(lock, [&] { return stopped_ || fault->outcome; });
  return fault->outcome.value_or(false);
}

void MemoryFaults::notify_access() {
  if (watching_ && !accessed_.exchange(true)) event_.signal();
}

void MemoryFaults::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  served_.notify_all();
}

void MemoryFaults::serve(const Repair& repair, const Check& check) {
  event_.take();
  if (accessed_.exchange(false)) advance_epoch_if(check());
  for (const auto& fault : take_faults()) serve_fault(*fault, repair);
}

MemoryFaults::Faults MemoryFaults::take_faults() {
  std::lock_guard lock(mutex_);
  return std::exchange(faults_, {});
}

void MemoryFaults::serve_fault(Fault& fault, const Repair& repair) {
  // Another repair may have removed the cause of this fault, so that nothing is left to be found.
  bool outcome = fault.epoch != epoch_ || advance_epoch_if(repair(fault.where));
  std::lock_guard lock(mutex_);
  fault.outcome = outcome;
  served_.notify_all();
}

bool MemoryFaults::advance_epoch_if(bool repaired) {
  if (repaired) ++epoch_;
  return repaired;
}

}  // namespace vm_control
