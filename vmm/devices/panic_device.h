// SPDX-License-Identifier: BSD-3-Clause
// A port by which a guest's kernel tells that it has panicked: the pvpanic device of QEMU, for
// which Linux has a driver.
//
// Source: docs/specs/pvpanic.rst of QEMU.
#pragma once

#include <utility>

#include "vm_control/base/function.h"
#include "vmm/bus/byte_device.h"

namespace vm_control::vmm {

class PanicDevice final : public ByteDevice {
 public:
  static constexpr uint16_t kPort = 0x505;
  static constexpr uint16_t kPorts = 1;

  enum class Event {
    kPanicked,     // nothing in the guest handles it
    kCrashLoaded,  // the guest runs its crash kernel now, which may save a dump
  };

  // on_event  called on the vCPU's thread, for each event that the guest tells.
  explicit PanicDevice(Function<void(Event)> on_event) : on_event_(std::move(on_event)) {}

  // The events that this device knows, by their bits.
  uint8_t read_byte(uint64_t) override { return kPanickedBit | kCrashLoadedBit; }
  void write_byte(uint64_t offset, uint8_t value) override;

 private:
  static constexpr uint8_t kPanickedBit = 1;
  static constexpr uint8_t kCrashLoadedBit = 2;

  Function<void(Event)> on_event_;
};

}  // namespace vm_control::vmm
