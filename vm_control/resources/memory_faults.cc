// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_faults.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "vm_control/base/mutex.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

// More pages than that, which the guest touches before anybody looks, are forgotten.
constexpr size_t kMaxAccesses = 64;

}  // namespace

// The faults that wait for the loop's thread.
struct MemoryFaults::Reports {
  struct Fault {
    std::optional<GuestAddress> where;
    uint64_t epoch;               // when the vCPU last entered the guest
    std::optional<bool> outcome;  // guarded by the mutex
  };
  // Shared, as after stop() the vCPU thread leaves while serve() may still have its fault.
  using Faults = std::vector<std::shared_ptr<Fault>>;

  Faults take() {
    MutexLock lock(mutex);
    return std::exchange(faults, {});
  }
  // Keeps an access at `page`; returns whether nobody knows of it yet.
  bool add_access(GuestAddress page) {
    MutexLock lock(mutex);
    if (accesses.size() >= kMaxAccesses || std::ranges::count(accesses, page)) return false;
    accesses.push_back(page);
    return true;
  }
  std::vector<GuestAddress> take_accesses() {
    MutexLock lock(mutex);
    return std::exchange(accesses, {});
  }
  void answer(Fault& fault, bool outcome) {
    MutexLock lock(mutex);
    fault.outcome = outcome;
    answered.notify_all();
  }

  Mutex mutex;
  std::condition_variable answered;
  Faults faults GUARDED_BY(mutex);
  std::vector<GuestAddress> accesses GUARDED_BY(mutex);  // pages
  bool stopped GUARDED_BY(mutex) = false;
};

Result<std::unique_ptr<MemoryFaults>> MemoryFaults::create() {
  EventFd event = TRY(EventFd::create());
  return std::unique_ptr<MemoryFaults>(
      new MemoryFaults(std::move(event), std::make_unique<Reports>()));
}

MemoryFaults::MemoryFaults(EventFd event, std::unique_ptr<Reports> reports)
    : event_(std::move(event)), reports_(std::move(reports)) {}

MemoryFaults::~MemoryFaults() = default;

bool MemoryFaults::handle_fault(std::optional<GuestAddress> where, uint64_t epoch) {
  auto fault = std::make_shared<Reports::Fault>(
      Reports::Fault{.where = where, .epoch = epoch, .outcome = {}});
  MutexLock lock(reports_->mutex);
  if (reports_->stopped) return false;
  reports_->faults.push_back(fault);
  event_.signal();
  while (!reports_->stopped && !fault->outcome) lock.wait(reports_->answered);
  return fault->outcome.value_or(false);
}

void MemoryFaults::notify_access(GuestAddress where) {
  if (watching_ && reports_->add_access(where.align_down(kPageSize))) event_.signal();
}

void MemoryFaults::stop() {
  MutexLock lock(reports_->mutex);
  reports_->stopped = true;
  reports_->answered.notify_all();
}

void MemoryFaults::serve(const Repair& repair, const Check& check) {
  event_.take();
  for (GuestAddress page : reports_->take_accesses()) advance_epoch_if(check(page));
  for (const auto& fault : reports_->take()) {
    // Another repair may have removed the cause of this fault, so that nothing is left to be found.
    bool is_old = fault->epoch != epoch_;
    reports_->answer(*fault, is_old || advance_epoch_if(repair(fault->where)));
  }
}

bool MemoryFaults::advance_epoch_if(bool repaired) {
  if (repaired) ++epoch_;
  return repaired;
}

}  // namespace vm_control
