// SPDX-License-Identifier: BSD-3-Clause
// Virtio devices behind registers in memory (virtio 1.2, section 4.2, version 2): how a driver
// finds one, resets it, agrees with it on features, and gives it queues.
#pragma once

#include <stdint.h>

#include "guest/virtqueue.h"

namespace vm_control::guest {

// The registers of one device. `offset` counts bytes from the first register, in multiples of 4.
class VirtioRegisters {
 public:
  virtual uint32_t read(uint32_t offset) = 0;
  virtual void write(uint32_t offset, uint32_t value) = 0;

 protected:
  // Nothing destroys registers through this interface, so the guest needs no `delete`.
  ~VirtioRegisters() = default;
};

// Virtio 1.2, table 4.1. The second register of an address has bits 32 to 63.
namespace virtio_register {
constexpr uint32_t kMagic = 0x00;
constexpr uint32_t kVersion = 0x04;
constexpr uint32_t kDeviceId = 0x08;
constexpr uint32_t kDeviceFeatures = 0x10;
constexpr uint32_t kDeviceFeaturesSelect = 0x14;
constexpr uint32_t kDriverFeatures = 0x20;
constexpr uint32_t kDriverFeaturesSelect = 0x24;
constexpr uint32_t kQueueSelect = 0x30;
constexpr uint32_t kQueueSizeLimit = 0x34;
constexpr uint32_t kQueueSize = 0x38;
constexpr uint32_t kQueueReady = 0x44;
constexpr uint32_t kQueueNotify = 0x50;
constexpr uint32_t kInterruptStatus = 0x60;
constexpr uint32_t kInterruptAcknowledge = 0x64;
constexpr uint32_t kStatus = 0x70;
constexpr uint32_t kQueueTable = 0x80;
constexpr uint32_t kQueueAvailable = 0x90;
constexpr uint32_t kQueueUsed = 0xa0;
constexpr uint32_t kConfiguration = 0x100;
}  // namespace virtio_register

// Bits of the status register (virtio 1.2, section 2.1).
namespace virtio_status {
constexpr uint32_t kAcknowledge = 1;
constexpr uint32_t kDriver = 2;
constexpr uint32_t kDriverOk = 4;
constexpr uint32_t kFeaturesOk = 8;
constexpr uint32_t kNeedsReset = 64;
constexpr uint32_t kFailed = 128;
}  // namespace virtio_status

// Bits of the interrupt registers.
constexpr uint32_t kConfigurationInterrupt = 2;

constexpr uint32_t kVirtioMagic = 0x74726976;
constexpr uint32_t kVirtioVersion = 2;

// Returns the address of the first device with `device_id`, or 0 if there is none. Devices have one
// page each from GUEST_VIRTIO_DEVICES on, without gaps, and GUEST_VIRTIO_DEVICES_LIMIT of them are
// looked at.
//
// read  reads the word at a guest-physical address. Where there is nothing, it has no magic.
uint32_t find_virtio_device(uint32_t device_id, uint32_t (*read)(uint32_t address));

// Resets the device, and agrees on those of the features `wanted` (bits 0 to 31) that it offers,
// and on VIRTIO_F_VERSION_1. Returns false if the device does not reset in time, is older than
// virtio 1.0, or does not agree. After true, `accepted` has the features of `wanted` in use.
bool negotiate_virtio(VirtioRegisters& registers, uint32_t wanted, uint32_t& accepted);

// Empties `queue`, and gives it to the device as its queue `index`. Returns false if the device has
// no such queue, or a shorter one. `queue` lives until the device is reset.
bool set_up_virtqueue(VirtioRegisters& registers, uint32_t index, Virtqueue& queue);

// Sets bits of the status register, and keeps the others.
void add_virtio_status(VirtioRegisters& registers, uint32_t bits);

// Writes the two registers of an address.
void write_virtio_address(VirtioRegisters& registers, uint32_t offset, uint64_t address);

}  // namespace vm_control::guest
