// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/device_manager.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<Interrupt> DeviceManager::take_interrupt(uint32_t gsi) {
  return connect(TRY(interrupts_.take(gsi)));
}

Result<Interrupt> DeviceManager::allocate_interrupt() {
  return connect(TRY(interrupts_.allocate()));
}

// KVM ends the connection by itself when the Interrupt closes its eventfd.
Result<Interrupt> DeviceManager::connect(Interrupt interrupt) {
  TRY(vm_.register_irqfd(interrupt.event().fd(), interrupt.gsi()));
  return interrupt;
}

Result<void> DeviceManager::add_at_ports(uint16_t first, uint16_t count,
                                         std::unique_ptr<BusDevice> device) {
  TRY(ports_.add(first, count, *device));
  entries_.push_back({std::nullopt, std::move(device)});
  return {};
}

Result<void> DeviceManager::add_in_memory(MmioRange range, std::unique_ptr<BusDevice> device) {
  GuestRange at = range.range();
  TRY(memory_.add(at.start().value(), at.size(), *device));
  entries_.push_back({std::move(range), std::move(device)});
  return {};
}

}  // namespace vm_control::vmm
