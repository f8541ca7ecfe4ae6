// SPDX-License-Identifier: BSD-3-Clause
// The monitor greets, then carries out the lines that it reads from the serial port. While nobody
// types, it sleeps, and serves the balloon.
#include "guest/balloon.h"
#include "guest/command.h"
#include "guest/execute.h"
#include "guest/interrupts.h"
#include "guest/line_editor.h"
#include "guest/serial.h"

namespace vm_control::guest {
namespace {

void greet(uint32_t ram_bytes, uint32_t device_memory) {
  Line line;
  line.add("vm_control monitor\n");
  line.add("RAM: ").add_decimal(ram_bytes >> 20).add(" MiB\n");
  if (device_memory) {
    line.add("device memory: from ").add_hex(device_memory).add("\n");
  } else {
    line.add("device memory: past 4 GiB, out of reach\n");
  }
  line.add("type help\n");
  serial_write(line.text());
}

// Interrupts only wake the CPU: their handlers count, and do nothing else. The CPU sleeps only
// after it saw, with interrupts off, that there is no byte, and nothing to do for the balloon. The
// interrupt of what comes after that is pending until `sti; hlt` lets it in, so the CPU does not
// sleep through it.
char next_byte(Balloon& balloon) {
  asm volatile("cli" ::: "memory");
  while (!serial_has_byte()) {
    balloon.step();
    asm volatile("sti; hlt; cli" ::: "memory");
  }
  asm volatile("sti" ::: "memory");
  return serial_read();
}

Text read_line(LineEditor& editor, Balloon& balloon) {
  LineEditor::Step step;
  do {
    step = editor.type(next_byte(balloon));
    serial_write(step.echo);
  } while (!step.complete);
  return editor.line();
}

void refuse(const Line& why) {
  Line line;
  serial_write(line.add("error: ").add(why.text()).add("\n").text());
}

void obey(Text typed, Balloon& balloon) {
  Command command;
  Line error;
  switch (parse_command(typed, command, error)) {
    case Parse::kNothing:
      break;
    case Parse::kCommand:
      execute(command, balloon);
      break;
    case Parse::kError:
      refuse(error);
      break;
  }
}

void converse(LineEditor& editor, Balloon& balloon) {
  serial_write("> ");
  const Text typed = read_line(editor, balloon);
  if (!editor.too_long()) return obey(typed, balloon);
  Line error;
  refuse(error.add("line too long: more than ")
             .add_decimal(LineEditor::kMaxLength)
             .add(" characters"));
}

}  // namespace
}  // namespace vm_control::guest

// entry.S calls it with the values that the machine passed in EBX and ECX.
extern "C" [[noreturn]] void monitor_main(uint32_t ram_bytes, uint32_t device_memory) {
  using namespace vm_control::guest;
  interrupts_start();
  serial_start();
  greet(ram_bytes, device_memory);
  Balloon balloon(ram_bytes);
  LineEditor editor;
  for (;;) converse(editor, balloon);
}
