// SPDX-License-Identifier: BSD-3-Clause
// A guest's virtio driver, for tests: it sets a device up through the registers of VirtioMmio, or
// does only some of the steps.
#pragma once

#include <cstdint>

#include "vmm/bus/bus_device.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/test_queue.h"

namespace vm_control::vmm {

class TestDriver {
 public:
  // Registers, by offset.
  enum : uint64_t {
    kQueueSel = 0x30,
    kQueueReady = 0x44,
    kQueueNotify = 0x50,
    kInterruptStatus = 0x60,
    kInterruptAck = 0x64,
    kStatus = 0x70,
    kConfigGeneration = 0xfc,
    kConfig = 0x100,
  };
  static constexpr uint16_t kQueueSize = 64;

  // device  outlives this, and so does its RAM.
  TestDriver(const GuestRam& ram, BusDevice& device) : ram_(ram), device_(device) {}

  uint32_t read(uint64_t offset);
  void write(uint64_t offset, uint32_t value);
  uint32_t status() { return read(kStatus); }

  uint64_t offered_features();
  // Accepts `features` and those of the transport that the device must have, up to FEATURES_OK.
  void negotiate(uint64_t features);
  // Writes the layout of queue `index`, and enables it.
  void set_up_queue(uint16_t index, const QueueLayout& layout);
  // Places queue `index` in pages of its own, and enables it.
  TestQueue add_queue(uint16_t index);
  void set_driver_ok() { write(kStatus, 15); }
  void reset() { write(kStatus, 0); }

  void notify(uint16_t index) { write(kQueueNotify, index); }
  // Reads and acknowledges the reasons of an interrupt.
  uint32_t take_interrupt();

 private:
  const GuestRam& ram_;
  BusDevice& device_;
};

}  // namespace vm_control::vmm
