// SPDX-License-Identifier: BSD-3-Clause
#include "guest/virtio.h"

#include "guest/address_map.h"

namespace vm_control::guest {
namespace {

using namespace virtio_register;
using namespace virtio_status;

// VIRTIO_F_VERSION_1 is bit 32: bit 0 of the second word.
constexpr uint32_t kVersion1 = 1;

// A device that resets on another thread is ready after some microseconds, and each read leaves
// the guest.
constexpr uint32_t kResetReads = 10'000;

bool reset(VirtioRegisters& registers) {
  registers.write(kStatus, 0);
  for (uint32_t i = 0; i < kResetReads; ++i) {
    if (registers.read(kStatus) == 0) return true;
  }
  return false;
}

uint32_t offered(VirtioRegisters& registers, uint32_t word) {
  registers.write(kDeviceFeaturesSelect, word);
  return registers.read(kDeviceFeatures);
}

void accept(VirtioRegisters& registers, uint32_t word, uint32_t features) {
  registers.write(kDriverFeaturesSelect, word);
  registers.write(kDriverFeatures, features);
}

}  // namespace

uint32_t find_virtio_device(uint32_t device_id, uint32_t (*read)(uint32_t address)) {
  for (uint32_t i = 0; i < GUEST_VIRTIO_DEVICES_LIMIT; ++i) {
    const uint32_t device = GUEST_VIRTIO_DEVICES + i * GUEST_VIRTIO_DEVICE_SIZE;
    if (read(device + kMagic) != kVirtioMagic) return 0;
    if (read(device + kVersion) != kVirtioVersion) continue;
    if (read(device + kDeviceId) == device_id) return device;
  }
  return 0;
}

bool negotiate_virtio(VirtioRegisters& registers, uint32_t wanted, uint32_t& accepted) {
  if (!reset(registers)) return false;
  add_virtio_status(registers, kAcknowledge);
  add_virtio_status(registers, kDriver);
  if (!(offered(registers, 1) & kVersion1)) return false;
  accepted = offered(registers, 0) & wanted;
  accept(registers, 0, accepted);
  accept(registers, 1, kVersion1);
  add_virtio_status(registers, kFeaturesOk);
  return registers.read(kStatus) & kFeaturesOk;
}

bool set_up_virtqueue(VirtioRegisters& registers, uint32_t index, Virtqueue& queue) {
  registers.write(kQueueSelect, index);
  if (registers.read(kQueueSizeLimit) < Virtqueue::kSize) return false;
  queue = {};
  registers.write(kQueueSize, Virtqueue::kSize);
  write_virtio_address(registers, kQueueTable, address_of(&queue.table));
  write_virtio_address(registers, kQueueAvailable, address_of(&queue.available));
  write_virtio_address(registers, kQueueUsed, address_of(&queue.used));
  registers.write(kQueueReady, 1);
  return true;
}

void add_virtio_status(VirtioRegisters& registers, uint32_t bits) {
  registers.write(kStatus, registers.read(kStatus) | bits);
}

void write_virtio_address(VirtioRegisters& registers, uint32_t offset, uint64_t address) {
  registers.write(offset, static_cast<uint32_t>(address));
  registers.write(offset + 4, static_cast<uint32_t>(address >> 32));
}

}  // namespace vm_control::guest
