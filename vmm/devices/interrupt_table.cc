// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/interrupt_table.h"

#include <string>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Interrupt::Interrupt(Interrupt&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      gsi_(other.gsi_),
      event_(std::move(other.event_)) {}

Interrupt& Interrupt::operator=(Interrupt&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(gsi_, other.gsi_);
  std::swap(event_, other.event_);
  return *this;
}

Interrupt::~Interrupt() {
  if (table_) table_->taken_.reset(gsi_);
}

InterruptTable::InterruptTable() {
  constexpr uint32_t kTimer = 0;
  constexpr uint32_t kSecondPic = 2;
  taken_.set(kTimer).set(kSecondPic);
}

Result<Interrupt> InterruptTable::take(uint32_t gsi) {
  constexpr const char* kAction = "give a device interrupt";
  if (gsi >= kGsis) return fail(EINVAL, kAction, std::to_string(gsi));
  if (taken_.test(gsi)) return fail(EEXIST, kAction, std::to_string(gsi));
  EventFd event = TRY(EventFd::create());
  taken_.set(gsi);
  return Interrupt(*this, gsi, std::move(event));
}

Result<Interrupt> InterruptTable::allocate() {
  uint32_t gsi = kFirstFree;
  while (gsi <= kLastFree && taken_.test(gsi)) ++gsi;
  if (gsi > kLastFree) return fail(ENOSPC, "give a device an interrupt");
  return take(gsi);
}

}  // namespace vm_control::vmm
