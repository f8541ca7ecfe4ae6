// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/device_manager.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vmm/virtio/virtio_mmio.h"

namespace vm_control::vmm {
namespace {

struct Place {
  uint64_t first;
  uint64_t last;

  bool overlaps(uint64_t start, uint64_t size) const {
    return start <= last && first <= start + (size - 1);
  }
};

// KVM's own devices: two PICs with their ELCR, the PIT and its gate; the IOAPIC and the local APIC.
constexpr Place kKvmPorts[] = {
    {0x20, 0x21}, {0x40, 0x43}, {0x61, 0x61}, {0xa0, 0xa1}, {0x4d0, 0x4d1}};
constexpr Place kKvmMemory[] = {{0xfec0'0000, 0xfec0'0fff}, {0xfee0'0000, 0xfee0'0fff}};

}  // namespace

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

// KVM ends the ioeventfds with the machine. Where it has none, a driver's write reaches the
// transport, which does the same.
Result<void> DeviceManager::add_virtio(const GuestRam& ram, std::unique_ptr<VirtioDevice> device,
                                       EventLoop& loop) {
  Interrupt interrupt = TRY(allocate_interrupt());
  MmioRange range = TRY(allocate_mmio(kPageSize));
  VirtioPlace place{.registers = range.range(), .gsi = interrupt.gsi()};
  auto transport = TRY(VirtioMmio::create(ram, std::move(interrupt), std::move(device), loop));
  uint64_t address = place.registers.start().value() + VirtioMmio::kQueueNotify;
  uint64_t index = 0;
  for (EventFd& notification : transport->notifications()) {
    auto done = vm_.register_ioevent(notification.fd(),
                                     {.address = address, .length = 4, .datamatch = index++});
    if (!done && done.error().code() != ENOTSUP) return tl::unexpected(done.error());
  }
  TRY(add_in_memory(std::move(range), std::move(transport)));
  virtio_places_.push_back(place);
  return {};
}

bool DeviceManager::has_device_at(const Ioevent& ioevent) const {
  // One of any length is hit by the widest write.
  uint64_t size = ioevent.length ? ioevent.length : 8;
  auto overlaps = [&](const Place& each) { return each.overlaps(ioevent.address, size); };
  if (ioevent.space == Ioevent::Space::kPort) {
    return ports_.has_device(ioevent.address, size) || std::ranges::any_of(kKvmPorts, overlaps);
  }
  return memory_.has_device(ioevent.address, size) || std::ranges::any_of(kKvmMemory, overlaps);
}

Result<void> DeviceManager::add_in_memory(MmioRange range, std::unique_ptr<BusDevice> device) {
  GuestRange at = range.range();
  TRY(memory_.add(at.start().value(), at.size(), *device));
  entries_.push_back({std::move(range), std::move(device)});
  return {};
}

}  // namespace vm_control::vmm
