// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/test_driver.h"

#include <array>
#include <bit>
#include <cstring>

#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {

uint32_t TestDriver::read(uint64_t offset) {
  std::array<std::byte, 4> data{};
  device_.read(offset, data);
  return std::bit_cast<uint32_t>(data);
}

void TestDriver::write(uint64_t offset, uint32_t value) {
  device_.write(offset, std::bit_cast<std::array<std::byte, 4>>(value));
}

uint64_t TestDriver::offered_features() {
  write(0x14, 0);
  uint64_t low = read(0x10);
  write(0x14, 1);
  return low | uint64_t{read(0x10)} << 32;
}

void TestDriver::negotiate(uint64_t features) {
  features |= virtio::kVersion1;
  write(kStatus, 1);
  write(kStatus, 3);
  write(0x24, 0);
  write(0x20, static_cast<uint32_t>(features));
  write(0x24, 1);
  write(0x20, static_cast<uint32_t>(features >> 32));
  write(kStatus, 11);
}

void TestDriver::set_up_queue(uint16_t index, const QueueLayout& layout) {
  auto write_address = [&](uint64_t offset, GuestAddress address) {
    write(offset, static_cast<uint32_t>(address.value()));
    write(offset + 4, static_cast<uint32_t>(address.value() >> 32));
  };
  write(kQueueSel, index);
  write(0x38, layout.size);
  write_address(0x80, layout.descriptors);
  write_address(0x90, layout.available);
  write_address(0xa0, layout.used);
  write(kQueueReady, 1);
}

TestQueue TestDriver::add_queue(uint16_t index) {
  TestQueue queue(ram_, 0x10000 + 0x4000 * uint64_t{index}, kQueueSize);
  queue.clear();
  set_up_queue(index, queue.layout());
  return queue;
}

uint32_t TestDriver::take_interrupt() {
  uint32_t reasons = read(kInterruptStatus);
  write(kInterruptAck, reasons);
  return reasons;
}

}  // namespace vm_control::vmm
