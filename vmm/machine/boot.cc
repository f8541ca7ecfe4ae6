// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/boot.h"

#include "vm_control/base/try.h"
#include "vmm/boot/flat_image.h"
#include "vmm/boot/lapic.h"
#include "vmm/boot/linux_image.h"
#include "vmm/boot/long_mode_support.h"
#include "vmm/boot/low_memory.h"
#include "vmm/boot/msrs.h"
#include "vmm/machine/acpi_platform.h"

namespace vm_control::vmm {
namespace {

// Leaves `vcpu` as a BIOS would.
Result<void> initialize(kvm::Vcpu& vcpu) {
  TRY(vcpu.set_msrs(boot_msrs()));
  kvm_lapic_state lapic = TRY(vcpu.lapic());
  connect_local_inputs(lapic);
  return vcpu.set_lapic(lapic);
}

}  // namespace

Result<void> boot_flat_image(Machine& machine, std::span<const std::byte> image) {
  std::span<std::byte> low_ram = machine.ram().low();
  TRY(load_flat_image(image, low_ram));
  return enter_flat_image(machine.vcpus().front(), low_ram.size(),
                          machine.layout().window().start());
}

Result<void> boot_linux(Machine& machine, const LinuxGuest& guest) {
  TRY(check_long_mode(machine.supported_cpuid()));
  LinuxImage image = TRY(parse_linux_image(guest.kernel));
  auto acpi = TRY(add_acpi_platform(machine, low_memory::kAcpi));
  LinuxEntry entry = TRY(load_linux(
      machine.ram(), machine.layout(),
      {.image = image, .initrd = guest.initrd, .command_line = guest.command_line, .acpi = acpi}));
  for (kvm::Vcpu& vcpu : machine.vcpus()) TRY(initialize(vcpu));
  return enter_linux(machine.vcpus().front(), entry);
}

}  // namespace vm_control::vmm
