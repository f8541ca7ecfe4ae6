// SPDX-License-Identifier: BSD-3-Clause
// A virtio device: queues and configuration, and nothing of how a guest reaches them.
//
// VirtioMmio shows the device to the guest, and a QueueRunner serves its queues:
//
//   activate()              the driver is ready; its features are known
//     serve(queue) ...      the driver has notified a queue, or DriverHandle::serve() was called
//   reset()                 the driver has gone, or has broken a rule; again from the start
//
// A device whose queues live in another process (vhost-user) needs no serve(): there the layout of
// the queues, their notifications and the interrupt go to that process, by a runner of its own.
//
// Threads: the device thread calls serve(); a vCPU's thread calls activate(), and at any time
// read_config() and write_config(); either calls reset(). A vCPU waits for all but serve(), so they
// are quick. No two of activate(), serve() and reset() run at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm_control/base/result.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

// A device does these of its own accord while it is active. Any thread.
class DriverHandle {
 public:
  // Interrupts the driver, which then reads the configuration again.
  virtual void config_changed() = 0;
  // Has the device thread serve queue `index` soon, as if the driver had notified it.
  virtual void serve(uint16_t index) = 0;

 protected:
  ~DriverHandle() = default;
};

class VirtioDevice {
 public:
  virtual ~VirtioDevice() = default;

  // The device's type. Source: VIRTIO 1.2, section 5.
  virtual uint32_t type() const = 0;
  // The features of its type that it offers.
  virtual uint64_t features() const = 0;
  // The most descriptors of each of its queues; powers of two.
  virtual std::span<const uint16_t> queue_sizes() const = 0;

  // The device's configuration from `offset` on. Past its end the device leaves `out` as it is, and
  // ignores `data`. The driver writes only what it may, and not before its features are accepted.
  virtual void read_config(uint64_t offset, std::span<std::byte> out) const = 0;
  virtual void write_config(uint64_t offset, std::span<const std::byte> data) = 0;

  // features  those that the driver has accepted.
  // driver    lives until reset().
  virtual void activate(uint64_t features, DriverHandle& driver) = 0;

  // Forgets the driver, and what it wrote. Also without activate() before.
  virtual void reset() = 0;

  // Takes all chains from queue `index`, to give them back now or later, but not so many that
  // others wait long. Returns whether it stopped for that reason. While there are chains left in
  // the queue, it is called again.
  // Errors: of Virtqueue::pop(), and of what the device finds in a chain. They end the driver's
  // use of the device, until it resets it.
  virtual Result<bool> serve(uint16_t index, Virtqueue& queue) = 0;
};

}  // namespace vm_control::vmm
