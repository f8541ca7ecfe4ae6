// SPDX-License-Identifier: BSD-3-Clause
#include "guest/execute.h"

#include "guest/interrupts.h"
#include "guest/memory.h"
#include "guest/mmio.h"
#include "guest/port_io.h"
#include "guest/power.h"
#include "guest/serial.h"

namespace vm_control::guest {
namespace {

void help() {
  constexpr uint32_t kSummaryColumn = 26;
  for (const CommandInfo& each : kCommands) {
    Line line;
    line.add(each.name).add(*each.arguments ? " " : "").add(each.arguments);
    while (line.text().size < kSummaryColumn) line.add(" ");
    serial_write(line.add(each.summary).add("\n").text());
  }
  serial_write("Numbers are decimal or 0x hexadecimal, of 32 bits.\n");
}

void out(uint16_t port, uint32_t value, uint32_t width) {
  if (width == 1) out8(port, static_cast<uint8_t>(value));
  if (width == 2) out16(port, static_cast<uint16_t>(value));
  if (width == 4) out32(port, value);
}

void add_irqs(Line& line) {
  line.add("irqs:");
  bool any = false;
  for (uint32_t gsi = 0; gsi < GUEST_GSI_COUNT; ++gsi) {
    const uint32_t count = gsi_counts[gsi];
    if (!count) continue;
    line.add(" ").add_decimal(gsi).add(":").add_decimal(count);
    any = true;
  }
  if (!any) line.add(" none");
}

[[noreturn]] void halt() {
  serial_write("goodbye\n");
  power_off();
}

void add_answer(const Command& command, Balloon& balloon, Line& line) {
  const auto& [first, second, third] = command.argument;
  switch (command.verb) {
    case Verb::kPeek:
      line.add_hex(first).add(": ").add_hex(read32(first));
      break;
    case Verb::kPoke:
      write32(first, second);
      line.add("ok");
      break;
    case Verb::kFill:
      fill_bytes(first, second, static_cast<uint8_t>(third));
      line.add("ok");
      break;
    case Verb::kSum:
      line.add_hex(sum_bytes(first, second));
      break;
    case Verb::kOut:
      out(static_cast<uint16_t>(first), second, third);
      line.add("ok");
      break;
    case Verb::kIrqs:
      add_irqs(line);
      break;
    case Verb::kBalloon:
      balloon.add_state(line);
      break;
    case Verb::kAbuse:
      balloon.abuse(first, line);
      break;
    case Verb::kHelp:
    case Verb::kHalt:
      break;
  }
}

}  // namespace

void execute(const Command& command, Balloon& balloon) {
  if (command.verb == Verb::kHelp) return help();
  if (command.verb == Verb::kHalt) halt();
  Line line;
  add_answer(command, balloon, line);
  serial_write(line.add("\n").text());
}

}  // namespace vm_control::guest
