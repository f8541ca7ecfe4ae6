// SPDX-License-Identifier: BSD-3-Clause
// Gives devices interrupts, addresses and a place on a bus, and owns the devices.
//
//   Interrupt interrupt = TRY(devices.allocate_interrupt());
//   MmioRange range = TRY(devices.allocate_mmio(kPageSize));
//   auto device = TRY(SomeDevice::create(std::move(interrupt)));
//   TRY(devices.add_in_memory(std::move(range), std::move(device)));
//
//   TRY(devices.add_virtio(ram, std::make_unique<SomeVirtioDevice>(), loop));
//
// An interrupt or a range is free again when its Interrupt or MmioRange ends: at once if the device
// can't be made, otherwise together with the device.
// Threads: the machine's owner, before the first vCPU runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/ioevent.h"
#include "vmm/bus/bus.h"
#include "vmm/devices/interrupt_table.h"
#include "vmm/devices/mmio_window.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/virtio_device.h"

namespace vm_control::vmm {

class DeviceManager {
 public:
  // vm, ports, memory  outlive this. `vm` has its interrupt controllers.
  // mmio               whole pages without memory, for allocate_mmio().
  DeviceManager(kvm::Vm& vm, Bus& ports, Bus& memory, GuestRange mmio)
      : vm_(vm), ports_(ports), memory_(memory), mmio_(mmio) {}

  // Take an interrupt as InterruptTable does, and connect it to the guest.
  // Errors: those of InterruptTable, and ENOTSUP (this host has no irqfds).
  Result<Interrupt> take_interrupt(uint32_t gsi);
  Result<Interrupt> allocate_interrupt();

  // As MmioWindow::allocate().
  Result<MmioRange> allocate_mmio(uint64_t size) { return mmio_.allocate(size); }

  // Puts `device` at `count` I/O ports from `first`, and keeps it. If that fails, the device ends.
  // Errors: EINVAL (no ports, or past the last), EEXIST (another device has one of them).
  Result<void> add_at_ports(uint16_t first, uint16_t count, std::unique_ptr<BusDevice> device);

  // Puts `device` at `range`, and keeps both.
  Result<void> add_in_memory(MmioRange range, std::unique_ptr<BusDevice> device);

  // Shows `device` to the guest through the MMIO transport, and keeps it.
  //
  // ram     outlives this.
  // loop    serves the device's queues: the device thread's. It outlives this, and does not run
  //         any more when this ends.
  // Errors  those of allocate_interrupt(), of allocate_mmio() and of VirtioMmio::create().
  Result<void> add_virtio(const GuestRam& ram, std::unique_ptr<VirtioDevice> device,
                          EventLoop& loop);

  // Where a virtio device has its registers, and its interrupt.
  struct VirtioPlace {
    GuestRange registers;
    uint32_t gsi;
  };
  std::span<const VirtioPlace> virtio_places() const { return virtio_places_; }

  // Any thread, later: whether a device of the machine, or of KVM, has the interrupt, or is where
  // the guest would write to `ioevent`.
  bool has_interrupt(uint32_t gsi) const { return interrupts_.is_taken(gsi); }
  bool has_device_at(const Ioevent& ioevent) const;

 private:
  struct Entry {
    std::optional<MmioRange> range;
    std::unique_ptr<BusDevice> device;
  };

  Result<Interrupt> connect(Interrupt interrupt);

  kvm::Vm& vm_;
  Bus& ports_;
  Bus& memory_;
  InterruptTable interrupts_;
  MmioWindow mmio_;
  std::vector<VirtioPlace> virtio_places_;
  std::vector<Entry> entries_;  // last, as its devices give back to the members above
};

}  // namespace vm_control::vmm
