// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/madt.h"

#include "vmm/acpi/table.h"

namespace vm_control::vmm {
namespace {

struct [[gnu::packed]] LocalApic {
  uint8_t type = 0;
  uint8_t length = 8;
  uint8_t processor;
  uint8_t apic;
  uint32_t is_enabled = 1;
};

struct [[gnu::packed]] IoApic {
  uint8_t type = 1;
  uint8_t length = 12;
  uint8_t id = 0;
  uint8_t reserved = 0;
  uint32_t address = 0xfec0'0000;
  uint32_t first_gsi = 0;
};

struct [[gnu::packed]] LocalApicNmi {
  uint8_t type = 4;
  uint8_t length = 6;
  uint8_t processor = 0xff;  // all of them
  uint16_t flags = 0;        // as the bus has it
  uint8_t input = 1;
};

}  // namespace

// There is no override of an interrupt's source: KVM connects GSI n with input n of the IOAPIC, and
// GSI 0, too.
std::vector<std::byte> make_madt(uint32_t cpus) {
  constexpr uint32_t kLocalApicAddress = 0xfee0'0000;
  constexpr uint32_t kNoPics = 0;
  AcpiTable table("APIC", 6);
  table.add(kLocalApicAddress).add(kNoPics);
  for (uint32_t each = 0; each < cpus; ++each) {
    auto id = static_cast<uint8_t>(each);
    table.add(LocalApic{.processor = id, .apic = id});
  }
  table.add(IoApic{}).add(LocalApicNmi{});
  return std::move(table).finish();
}

}  // namespace vm_control::vmm
