// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/fadt.h"

#include "vmm/acpi/table.h"
#include "vmm/devices/i8042.h"
#include "vmm/devices/sleep_control.h"

namespace vm_control::vmm {
namespace {

// Source: ACPI 6.5, 5.2.3.2 "Generic Address Structure": a register of one byte at an I/O port.
struct [[gnu::packed]] PortRegister {
  uint8_t space = 1;  // I/O ports
  uint8_t bits = 8;
  uint8_t first_bit = 0;
  uint8_t access = 1;  // byte by byte
  uint64_t port;
};

// Table 5.11: what kernels need not look for.
constexpr uint16_t kNoVga = 1 << 2;
constexpr uint16_t kNoMsi = 1 << 3;  // as there is no PCI
constexpr uint16_t kNoAspm = 1 << 4;
constexpr uint16_t kNoCmosClock = 1 << 5;

// Table 5.10.
constexpr uint32_t kWbinvdWorks = 1 << 0;
constexpr uint32_t kAllCpusCanHalt = 1 << 2;
constexpr uint32_t kPowerButtonIsADevice = 1 << 4;
constexpr uint32_t kNoFixedSleepButton = 1 << 5;
constexpr uint32_t kHasResetRegister = 1 << 10;
constexpr uint32_t kHeadless = 1 << 12;
constexpr uint32_t kHardwareReduced = 1 << 20;

}  // namespace

std::vector<std::byte> make_fadt(GuestAddress dsdt) {
  constexpr uint8_t kMinorVersion = 5;
  constexpr size_t kUntilBootArchitecture = 109 - 36;  // all of a PC's fixed registers
  constexpr size_t kUntilSleepControl = 244 - 148;     // the same with 64 bits

  AcpiTable table("FACP", 6);
  table.add_zeros(kUntilBootArchitecture)
      .add(static_cast<uint16_t>(kNoVga | kNoMsi | kNoAspm | kNoCmosClock))
      .add(uint8_t{0})
      .add(kWbinvdWorks | kAllCpusCanHalt | kPowerButtonIsADevice | kNoFixedSleepButton |
           kHasResetRegister | kHeadless | kHardwareReduced)
      .add(PortRegister{.port = I8042::kPort})
      .add(I8042::kPulseReset)
      .add(uint16_t{0})  // for ARM
      .add(kMinorVersion)
      .add(uint64_t{0})  // no FACS
      .add(dsdt.value())
      .add_zeros(kUntilSleepControl)
      .add(PortRegister{.port = SleepControl::kPort})
      .add(PortRegister{.port = SleepControl::kPort + 1})
      .add(uint64_t{0});  // no name of a hypervisor
  return std::move(table).finish();
}

}  // namespace vm_control::vmm
