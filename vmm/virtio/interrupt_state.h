// SPDX-License-Identifier: BSD-3-Clause
// Keeps what a device has to tell its driver, as the registers of VirtioMmio show it: why it
// interrupts, how often its configuration has changed, and whether it needs a reset.
//
// Each reason makes an edge, even if the driver has not acknowledged the one before: it may have
// read the register already.
// Threads: any. No other lock is taken while this one's is held.
// Source: VIRTIO 1.2, section 4.2.2; section 2.1.2 for DEVICE_NEEDS_RESET.
#pragma once

#include <cstdint>

#include "vm_control/base/mutex.h"
#include "vmm/devices/interrupt_table.h"

namespace vm_control::vmm {

class InterruptState {
 public:
  explicit InterruptState(Interrupt interrupt) : interrupt_(std::move(interrupt)) {}

  // The driver is ready: from now on there are interrupts.
  void open();
  // The driver has reset the device: there are no interrupts, and no reasons for any.
  void close();

  // The device has used buffers; its configuration has changed; the driver has to reset it.
  void used_buffers();
  void config_changed();
  void need_reset();

  // The registers InterruptStatus, InterruptACK and ConfigGeneration, and a bit of Status.
  uint32_t reasons() const;
  void acknowledge(uint32_t reasons);
  uint32_t generation() const;
  bool needs_reset() const;

 private:
  void interrupt(uint32_t reason) REQUIRES(mutex_);

  mutable Mutex mutex_;
  Interrupt interrupt_ GUARDED_BY(mutex_);
  bool is_open_ GUARDED_BY(mutex_) = false;
  bool needs_reset_ GUARDED_BY(mutex_) = false;
  uint32_t reasons_ GUARDED_BY(mutex_) = 0;
  uint32_t generation_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vm_control::vmm
