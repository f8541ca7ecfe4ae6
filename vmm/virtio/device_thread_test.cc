// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/device_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "vmm/virtio/fake_virtio_device.h"
#include "vmm/virtio/test_driver.h"
#include "vmm/virtio/virtio_mmio.h"

namespace vm_control::vmm {
namespace {

TEST(DeviceThread, RunsTheLoopAfterItsHook) {
  EventLoop loop = *EventLoop::create();
  std::atomic<int> step{0};
  auto thread = *DeviceThread::start(loop, [&] { step = 1; });
  std::atomic<int> seen{0};
  loop.post([&] { seen = step.load(); });
  while (seen == 0) std::this_thread::yield();
  EXPECT_EQ(seen, 1);
}

// A guest that resets its device again and again, while the device has more to do than it can.
TEST(DeviceThread, TouchesNoRamAfterAReset) {
  GuestRam ram = make_test_ram();
  EventLoop loop = *EventLoop::create();
  InterruptTable interrupts;
  auto device = std::make_unique<FakeVirtioDevice>();
  device->chains_per_turn = 1;
  auto mmio = *VirtioMmio::create(ram, *interrupts.allocate(), std::move(device), loop);
  auto thread = *DeviceThread::start(loop, [] {});
  TestDriver driver(ram, *mmio);
  int served = 0;
  for (int round = 0; round < 200; ++round) {
    driver.negotiate(0);
    TestQueue queue = driver.add_queue(0);
    driver.set_driver_ok();
    for (uint16_t i = 0; i < TestDriver::kQueueSize; ++i) queue.offer_buffer(i, 0x1000, 8);
    driver.notify(0);
    if (round % 2 == 0) {
      while (!queue.take_used()) std::this_thread::yield();
      ++served;
    }
    driver.reset();
    ASSERT_EQ(driver.status(), 0u);
    // The test reads and writes without atomics what the device would write: TSan watches.
    queue.clear();
  }
  EXPECT_EQ(served, 100);
}

}  // namespace
}  // namespace vm_control::vmm
