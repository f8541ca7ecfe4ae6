// SPDX-License-Identifier: BSD-3-Clause
// The 16550 at port 0x3f8.
#pragma once

#include "guest/text.h"

namespace vm_control::guest {

// Enables the FIFO and the receive interrupt. Bytes that were received before can still be read.
void serial_start();

// Whether there is a byte to read. A byte that comes after that raises the receive interrupt.
bool serial_has_byte();

// Takes the byte that there is.
char serial_read();

// Writes `text`, with each '\n' as "\r\n".
void serial_write(Text text);

}  // namespace vm_control::guest
