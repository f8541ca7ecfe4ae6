// SPDX-License-Identifier: BSD-3-Clause
#include "guest/balloon.h"

#include "guest/mmio.h"

namespace vm_control::guest {
namespace {

BalloonMemory driver_memory;

AbuseMemory& abuse_memory() {
  return *reinterpret_cast<AbuseMemory*>(Abuse::kMemoryAddress);
}

}  // namespace

Balloon::Balloon(uint32_t ram_bytes)
    : address_(find_virtio_device(kBalloonDeviceId, read32)),
      ram_bytes_(ram_bytes),
      registers_(address_),
      driver_(registers_, driver_memory, ram_bytes),
      abuse_(registers_, abuse_memory(), ram_bytes) {
  if (address_) driver_.start();
}

// A driver that was not started does nothing.
void Balloon::step() {
  driver_.step();
}

void Balloon::add_state(Line& line) {
  line.add("balloon: ");
  if (address_) return driver_.add_state(line);
  line.add("no device");
}

void Balloon::abuse(uint32_t rounds, Line& line) {
  if (!address_) return add_state(line);
  if (ram_bytes_ < Abuse::kMemoryEnd) {
    line.add("error: too little RAM: abuse needs 3 MiB");
    return;
  }
  for (; rounds; --rounds) abuse_.round();
  driver_.start();
  add_state(line);
}

}  // namespace vm_control::guest
