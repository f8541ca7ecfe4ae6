// SPDX-License-Identifier: BSD-3-Clause
// Shows a virtio device to the guest as registers in memory: the MMIO transport, version 2.
//
//   auto device = TRY(VirtioMmio::create(ram, std::move(interrupt), std::move(balloon), loop));
//   for each index of device->notifications():         an ioeventfd at kQueueNotify, 4 bytes,
//                                                      which matches the index
//   devices.add_in_memory(range, std::move(device));   kSize bytes
//
// A write to kQueueNotify that no ioeventfd takes does the same, a little slower.
//
// The driver is not trusted. It sets the bits of the status in their order, one after the other;
// writes to the queues only between FEATURES_OK and DRIVER_OK; and gets DEVICE_NEEDS_RESET for a
// queue that is not RAM, or that breaks a rule later. The transport ignores other writes.
//
// Threads: vCPUs read and write at any time. They wait for the device thread only to reset the
// device or to disable a queue, and then for one turn of the device: see QueueRunner.
// Source: VIRTIO 1.2, section 4.2; section 3.1.1 for the order, 2.1.1 for the status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vmm/bus/bus_device.h"
#include "vmm/devices/interrupt_table.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/interrupt_state.h"
#include "vmm/virtio/queue_runner.h"
#include "vmm/virtio/queue_setup.h"
#include "vmm/virtio/virtio_device.h"

namespace vm_control::vmm {

class VirtioMmio final : public BusDevice {
 public:
  // The addresses that a device takes, and the register that notifies a queue.
  static constexpr uint64_t kSize = 0x200;
  static constexpr uint64_t kQueueNotify = 0x50;

  // ram     outlives this.
  // loop    the device thread's. It runs only while this lives.
  // Errors  EMFILE, ENFILE, ENOMEM, ENOSPC.
  static Result<std::unique_ptr<VirtioMmio>> create(const GuestRam& ram, Interrupt interrupt,
                                                    std::unique_ptr<VirtioDevice> device,
                                                    EventLoop& loop);

  // One for each queue, by index; signalled when the driver notifies it.
  std::span<EventFd> notifications() { return runner_->notifications(); }

  void read(uint64_t offset, std::span<std::byte> data) override;
  void write(uint64_t offset, std::span<const std::byte> data) override;

 private:
  VirtioMmio(const GuestRam& ram, Interrupt interrupt, std::unique_ptr<VirtioDevice> device);

  uint32_t read_register(uint64_t offset) REQUIRES(mutex_);
  void write_register(uint64_t offset, uint32_t value) REQUIRES(mutex_);
  uint64_t offered_features() const;
  void accept_features(uint32_t value) REQUIRES(mutex_);
  void write_status(uint32_t value) REQUIRES(mutex_);
  void start() REQUIRES(mutex_);
  void reset() REQUIRES(mutex_);
  QueueSetup* selected_queue() REQUIRES(mutex_);
  void write_queue(uint64_t offset, uint32_t value) REQUIRES(mutex_);
  void write_queue_ready(QueueSetup& queue, uint32_t value) REQUIRES(mutex_);

  const GuestRam& ram_;
  std::unique_ptr<VirtioDevice> device_;
  InterruptState interrupts_;
  std::unique_ptr<QueueRunner> runner_;

  Mutex mutex_;
  uint32_t status_ GUARDED_BY(mutex_) = 0;
  uint64_t features_ GUARDED_BY(mutex_) = 0;  // the driver's
  // The registers by which the driver chooses what others are about.
  uint32_t offered_half_ GUARDED_BY(mutex_) = 0;
  uint32_t accepted_half_ GUARDED_BY(mutex_) = 0;
  uint32_t selected_ GUARDED_BY(mutex_) = 0;
  std::vector<QueueSetup> queues_ GUARDED_BY(mutex_);
};

}  // namespace vm_control::vmm
