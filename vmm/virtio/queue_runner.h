// SPDX-License-Identifier: BSD-3-Clause
// Serves the queues of a virtio device on the device thread, in turns.
//
// A vCPU's notification signals the eventfd of a queue (KVM does it, by an ioeventfd), and the
// device thread's loop then has the device serve that queue. A device that has more to do is called
// again after the other queues and devices have had their turn, however fast its guest is.
//
// One lock is held for each turn, and by the vCPU that resets the device. So when stop() returns,
// the device touches the guest's memory no more; the vCPU waits for one turn at most. Drivers need
// that: Linux's for MMIO goes on at once after its write of 0 to the status register.
//
// A VM that is paused, so that none of its vCPUs runs, still has what its driver made available
// before served.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vmm/virtio/interrupt_state.h"
#include "vmm/virtio/virtio_device.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

class QueueRunner final : private DriverHandle {
 public:
  // By index; those that the driver does not use are empty.
  using Queues = std::vector<std::optional<Virtqueue>>;

  // device, interrupts  outlive this.
  // loop                the device thread's. It runs only while this lives.
  // Errors              EMFILE, ENFILE, ENOMEM, ENOSPC.
  static Result<std::unique_ptr<QueueRunner>> create(VirtioDevice& device,
                                                     InterruptState& interrupts, EventLoop& loop);

  // Activates the device, and has the device thread serve `queues`. Returns at once.
  void start(uint64_t features, Queues queues);

  // Resets the device. No queue is served when this returns. Also without start() before.
  void stop();

  // Serves queue `index` no more: when this returns, the device does not touch it.
  void stop_queue(uint16_t index);

  // One for each queue: who signals it has the queue served. Any thread.
  std::span<EventFd> notifications() { return notifications_; }

 private:
  // Holds the lock for a vCPU. While it waits, the device thread begins no other turn.
  class VcpuLock;

  QueueRunner(VirtioDevice& device, InterruptState& interrupts, std::vector<EventFd> notifications)
      : device_(device), interrupts_(interrupts), notifications_(std::move(notifications)) {}

  void config_changed() override { interrupts_.config_changed(); }
  void serve(uint16_t index) override { notifications_[index].signal(); }

  void take_turn(uint16_t index);
  void serve_queue(uint16_t index, Virtqueue& queue) REQUIRES(mutex_);
  void end() REQUIRES(mutex_);

  VirtioDevice& device_;
  InterruptState& interrupts_;
  std::vector<EventFd> notifications_;
  std::vector<Watch> watches_;

  std::atomic<uint32_t> waiting_vcpus_{0};
  Mutex mutex_;
  bool is_active_ GUARDED_BY(mutex_) = false;
  Queues queues_ GUARDED_BY(mutex_);
};

}  // namespace vm_control::vmm
