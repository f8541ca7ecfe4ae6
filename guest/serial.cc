// SPDX-License-Identifier: BSD-3-Clause
#include "guest/serial.h"

#include <stdint.h>

#include "guest/port_io.h"

namespace vm_control::guest {
namespace {

constexpr uint16_t kData = 0x3f8;
constexpr uint16_t kInterruptEnable = 0x3f9;
constexpr uint16_t kFifoControl = 0x3fa;
constexpr uint16_t kLineControl = 0x3fb;
constexpr uint16_t kModemControl = 0x3fc;
constexpr uint16_t kLineStatus = 0x3fd;

constexpr uint8_t kReceiveInterrupt = 0x01;
constexpr uint8_t kFifoOn = 0x01;
constexpr uint8_t kEightBitsNoParity = 0x03;
constexpr uint8_t kReadyAndInterruptPin = 0x0b;  // DTR, RTS, OUT2
constexpr uint8_t kDataReady = 0x01;
constexpr uint8_t kTransmitterEmpty = 0x20;

void send(char byte) {
  while (!(in8(kLineStatus) & kTransmitterEmpty)) {
  }
  out8(kData, static_cast<uint8_t>(byte));
}

}  // namespace

void serial_start() {
  out8(kLineControl, kEightBitsNoParity);
  out8(kFifoControl, kFifoOn);
  out8(kModemControl, kReadyAndInterruptPin);
  out8(kInterruptEnable, kReceiveInterrupt);
}

bool serial_has_byte() {
  return in8(kLineStatus) & kDataReady;
}

char serial_read() {
  return static_cast<char>(in8(kData));
}

void serial_write(Text text) {
  for (uint32_t i = 0; i < text.size; ++i) {
    if (text.data[i] == '\n') send('\r');
    send(text.data[i]);
  }
}

}  // namespace vm_control::guest
