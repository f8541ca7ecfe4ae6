// SPDX-License-Identifier: BSD-3-Clause
// The interrupts of a machine. The table gives each GSI to one device at most.
//
//   Interrupt line = TRY(table.take(4));   a serial port's, which is fixed
//   Interrupt any = TRY(table.allocate());
//   line.raise();                          the guest gets an edge
//
// A device owns its Interrupt; the GSI is free again when the Interrupt ends.
// Pure bookkeeping: DeviceManager connects an Interrupt's eventfd to the guest.
// Threads: the machine's owner; any thread may call Interrupt::raise().
#pragma once

#include <bitset>
#include <cstdint>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/memory/guest_layout.h"

namespace vm_control::vmm {

class InterruptTable;

class Interrupt {
 public:
  Interrupt(Interrupt&& other) noexcept;
  Interrupt& operator=(Interrupt&& other) noexcept;
  // Gives the GSI back, and closes the eventfd.
  ~Interrupt();

  uint32_t gsi() const { return gsi_; }
  // Signalled at each edge: an irqfd of the machine.
  const EventFd& event() const { return event_; }
  void raise() { event_.signal(); }

 private:
  friend class InterruptTable;
  Interrupt(InterruptTable& table, uint32_t gsi, EventFd event)
      : table_(&table), gsi_(gsi), event_(std::move(event)) {}

  InterruptTable* table_;  // null once moved from
  uint32_t gsi_;
  EventFd event_;
};

// Outlives its Interrupts.
class InterruptTable {
 public:
  // The inputs of KVM's IOAPIC.
  static constexpr uint32_t kGsis = GuestLayout::kGsis;
  // allocate() gives out these, which ISA leaves to any device. Those behind are for clients.
  static constexpr uint32_t kFirstFree = 5;
  static constexpr uint32_t kLastFree = GuestLayout::kInterrupts.first - 1;

  // All are free, except for 0 and 2, which KVM's own timer and PICs use.
  InterruptTable();
  InterruptTable(const InterruptTable&) = delete;
  InterruptTable& operator=(const InterruptTable&) = delete;

  // The interrupt `gsi`, for a device that guests expect there.
  // Errors: EINVAL (the IOAPIC has no such input), EEXIST (taken), EMFILE, ENFILE, ENOMEM.
  Result<Interrupt> take(uint32_t gsi);

  // Whether a device has the interrupt `gsi`.
  bool is_taken(uint32_t gsi) const { return gsi < kGsis && taken_.test(gsi); }

  // The lowest free interrupt from kFirstFree to kLastFree.
  // Errors: ENOSPC (none is free), EMFILE, ENFILE, ENOMEM.
  Result<Interrupt> allocate();

 private:
  friend class Interrupt;

  std::bitset<kGsis> taken_;
};

}  // namespace vm_control::vmm
