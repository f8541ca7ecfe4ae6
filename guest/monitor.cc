// SPDX-License-Identifier: BSD-3-Clause
// The monitor greets, then carries out the lines that it reads from the serial port.
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

Text read_line(LineEditor& editor) {
  LineEditor::Step step;
  do {
    step = editor.type(serial_read());
    serial_write(step.echo);
  } while (!step.complete);
  return editor.line();
}

void refuse(const Line& why) {
  Line line;
  serial_write(line.add("error: ").add(why.text()).add("\n").text());
}

void obey(Text typed) {
  Command command;
  Line error;
  switch (parse_command(typed, command, error)) {
    case Parse::kNothing:
      break;
    case Parse::kCommand:
      execute(command);
      break;
    case Parse::kError:
      refuse(error);
      break;
  }
}

void converse(LineEditor& editor) {
  serial_write("> ");
  const Text typed = read_line(editor);
  if (!editor.too_long()) return obey(typed);
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
  LineEditor editor;
  for (;;) converse(editor);
}
