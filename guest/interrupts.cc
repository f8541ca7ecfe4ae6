// SPDX-License-Identifier: BSD-3-Clause
#include "guest/interrupts.h"

#include "guest/mmio.h"
#include "guest/port_io.h"
#include "guest/power.h"
#include "guest/serial.h"

extern "C" {

volatile uint32_t gsi_counts[GUEST_GSI_COUNT];

// From traps.S.
extern const uint32_t exception_stubs[GUEST_FIRST_GSI_VECTOR];
extern const uint32_t gsi_stubs[GUEST_GSI_COUNT];
void return_from_interrupt();

[[noreturn]] void on_exception(uint32_t vector, uint32_t eip) {
  using namespace vm_control::guest;
  Line line;
  line.add("\nexception ").add_decimal(vector).add(" at ").add_hex(eip).add("\n");
  serial_write(line.text());
  power_off();
}
}

namespace vm_control::guest {
namespace {

// Intel SDM vol. 3, figure 6-2. A gate of zeros is not present.
struct Gate {
  uint16_t offset_low;
  uint16_t selector;
  uint16_t type;
  uint16_t offset_high;
};

struct [[gnu::packed]] TablePointer {
  uint16_t limit;
  uint32_t base;
};

Gate idt[256];

void set_gate(uint32_t vector, uint32_t handler) {
  constexpr uint16_t kPresentInterruptGate = 0x8e00;
  idt[vector] = {static_cast<uint16_t>(handler), GUEST_CODE_SELECTOR, kPresentInterruptGate,
                 static_cast<uint16_t>(handler >> 16)};
}

void load_idt() {
  for (uint32_t i = 0; i < GUEST_FIRST_GSI_VECTOR; ++i) set_gate(i, exception_stubs[i]);
  for (uint32_t i = 0; i < GUEST_GSI_COUNT; ++i) {
    set_gate(GUEST_FIRST_GSI_VECTOR + i, gsi_stubs[i]);
  }
  // A spurious interrupt takes no EOI.
  set_gate(GUEST_SPURIOUS_VECTOR, reinterpret_cast<uint32_t>(&return_from_interrupt));
  const TablePointer pointer{sizeof(idt) - 1, reinterpret_cast<uint32_t>(idt)};
  asm volatile("lidt %0" ::"m"(pointer), "m"(idt));
}

// KVM raises GSIs below 16 at the PIC and at the IOAPIC. One of them must be masked, or each
// interrupt counts twice.
void mask_pic() {
  out8(0x21, 0xff);
  out8(0xa1, 0xff);
}

void start_local_apic() {
  constexpr uint32_t kTaskPriority = GUEST_LOCAL_APIC + 0x80;
  constexpr uint32_t kSpurious = GUEST_LOCAL_APIC + 0xf0;
  constexpr uint32_t kLint0 = GUEST_LOCAL_APIC + 0x350;
  constexpr uint32_t kLint1 = GUEST_LOCAL_APIC + 0x360;
  constexpr uint32_t kEnabled = 0x100;
  constexpr uint32_t kMasked = 0x10000;
  write32(kSpurious, kEnabled | GUEST_SPURIOUS_VECTOR);
  write32(kTaskPriority, 0);
  write32(kLint0, kMasked);
  write32(kLint1, kMasked);
}

void write_ioapic(uint32_t index, uint32_t value) {
  write32(GUEST_IOAPIC, index);
  write32(GUEST_IOAPIC + 0x10, value);
}

// An entry with nothing but a vector is unmasked, edge-triggered and active high, with fixed
// delivery to a physical destination.
void start_ioapic() {
  for (uint32_t i = 0; i < GUEST_GSI_COUNT; ++i) {
    const uint32_t entry = 0x10 + 2 * i;
    constexpr uint32_t kToLocalApic0 = 0;
    write_ioapic(entry + 1, kToLocalApic0);
    write_ioapic(entry, GUEST_FIRST_GSI_VECTOR + i);
  }
}

}  // namespace

void interrupts_start() {
  load_idt();
  mask_pic();
  start_local_apic();
  start_ioapic();
}

}  // namespace vm_control::guest
