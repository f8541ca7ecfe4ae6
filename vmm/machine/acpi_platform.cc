// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/acpi_platform.h"

#include <memory>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/acpi/acpi_tables.h"
#include "vmm/devices/panic_device.h"

namespace vm_control::vmm {
namespace {

// A guest with a crash kernel goes on, and that kernel ends the machine in the end.
Result<void> add_panic_device(Machine& machine) {
  auto device = std::make_unique<PanicDevice>([&machine](PanicDevice::Event event) {
    if (event != PanicDevice::Event::kPanicked) return;
    machine.stop({.kind = ExitReason::Kind::kPanic, .detail = {}});
  });
  return machine.devices().add_at_ports(PanicDevice::kPort, PanicDevice::kPorts, std::move(device));
}

}  // namespace

Result<std::vector<std::byte>> add_acpi_platform(Machine& machine, GuestAddress address) {
  TRY(add_panic_device(machine));
  Interrupt power_button = TRY(machine.devices().allocate_interrupt());
  AcpiConfig config{.cpus = machine.cpus(), .power_button_gsi = power_button.gsi(), .virtio = {}};
  machine.set_power_button(std::move(power_button));
  for (const DeviceManager::VirtioPlace& place : machine.devices().virtio_places()) {
    config.virtio.push_back({.registers = place.registers, .gsi = place.gsi});
  }
  return acpi_tables(config, address);
}

}  // namespace vm_control::vmm
