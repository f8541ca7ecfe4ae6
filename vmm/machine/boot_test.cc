// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/boot.h"

#include "vm_control/kvm/guest_code.h"
#include "vmm/machine/acpi_platform.h"
#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmm {
namespace {

// Writes to the sleep control register; to the port of panics.
GUEST_CODE32(power_off, "mov $0x34, %al; mov $0x600, %dx; out %al, %dx; 9: hlt; jmp 9b");
GUEST_CODE32(panic, "mov $1, %al; mov $0x505, %dx; out %al, %dx; 9: hlt; jmp 9b");
// The same for a panic that a crash kernel takes care of, then a reset.
GUEST_CODE32(panic_with_dump, "mov $2, %al; mov $0x505, %dx; out %al, %dx;" RESET);
GUEST_CODE32(halted, "cli; 1: hlt; jmp 1b");

class BootTest : public MachineTest {
 protected:
  // Runs `image` in a machine with ACPI.
  ExitReason run_with_acpi(std::span<const std::byte> image) {
    create(options(image));
    EXPECT_TRUE(add_acpi_platform(*machine_, GuestAddress(0xe0000)));
    EXPECT_TRUE(machine_->start());
    return reason();
  }
};

TEST_F(BootTest, AGuestCanPowerOff) {
  ExitReason reason = run(options(power_off));
  EXPECT_EQ(reason.kind, Kind::kPowerOff);
  EXPECT_EQ(describe(reason), "the guest powered off");
}

TEST_F(BootTest, AGuestWithAcpiTellsOfItsPanic) {
  ExitReason reason = run_with_acpi(panic);
  EXPECT_EQ(reason.kind, Kind::kPanic);
  EXPECT_EQ(describe(reason), "the guest's kernel panicked");
}

TEST_F(BootTest, AGuestThatDumpsItsMemoryAfterAPanicGoesOn) {
  EXPECT_EQ(run_with_acpi(panic_with_dump).kind, Kind::kReset);
}

TEST_F(BootTest, OnlyAMachineWithAcpiHasAPowerButton) {
  create(options(halted));
  KvmVirtualMachine vm(*machine_, [] {});
  EXPECT_EQ(vm.request_power_button().error().code(), ENOTSUP);
  ASSERT_TRUE(add_acpi_platform(*machine_, GuestAddress(0xe0000)));
  EXPECT_TRUE(vm.request_power_button());
}

TEST_F(BootTest, WhatIsNoKernelIsRefused) {
  create(options(halted));
  std::vector<std::byte> text(10'000, std::byte{'x'});
  auto booted = boot_linux(*machine_, {.kernel = text, .initrd = {}});
  ASSERT_FALSE(booted);
  // On a host that can't run 64-bit guests, it is told first.
  EXPECT_TRUE(booted.error().code() == ENOEXEC || booted.error().code() == ENOTSUP);
}

}  // namespace
}  // namespace vm_control::vmm
