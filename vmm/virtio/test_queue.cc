// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/test_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace vm_control::vmm {

GuestRam make_test_ram() {
  std::vector<GuestRange> ranges{
      *GuestRange::create(GuestAddress(0), kTestRamSize),
      *GuestRange::create(GuestAddress(kTestHighRam), uint64_t{2} << 20)};
  return std::move(*GuestRam::create(ranges));
}

template <class Value>
std::atomic_ref<Value> TestQueue::number(uint64_t address) const {
  auto bytes = *ram_->bytes(GuestAddress(address), sizeof(Value));
  return std::atomic_ref(*reinterpret_cast<Value*>(bytes.data()));
}

QueueLayout TestQueue::layout() const {
  return {.size = size_,
          .descriptors = GuestAddress(at_),
          .available = GuestAddress(available()),
          .used = GuestAddress(used())};
}

void TestQueue::clear() {
  std::ranges::fill(*ram_->bytes(GuestAddress(at_), 0x3000), std::byte{0});
}

void TestQueue::set_descriptor(uint16_t index, const Descriptor& descriptor) {
  ignore(ram_->store(GuestAddress(at_ + 16 * uint64_t{index}), descriptor),
         "tests place their queues in RAM");
}

void TestQueue::offer(uint16_t head) {
  uint64_t place = available() + 4 + 2 * (uint64_t{available_index_} % size_);
  number<uint16_t>(place).store(head, std::memory_order_relaxed);
  skip(1);
}

void TestQueue::skip(uint16_t count) {
  available_index_ = static_cast<uint16_t>(available_index_ + count);
  number<uint16_t>(available() + 2).store(available_index_, std::memory_order_seq_cst);
}

void TestQueue::offer_buffer(uint16_t index, uint64_t address, uint32_t length, uint16_t flags) {
  set_descriptor(index, {.address = address, .length = length, .flags = flags});
  offer(index);
}

std::optional<TestQueue::Used> TestQueue::take_used() {
  if (number<uint16_t>(used() + 2).load(std::memory_order_acquire) == used_index_) return {};
  uint64_t place = used() + 4 + 8 * (uint64_t{used_index_} % size_);
  ++used_index_;
  return *ram_->load<Used>(GuestAddress(place));
}

void TestQueue::set_no_interrupt(bool no_interrupt) {
  number<uint16_t>(available()).store(no_interrupt ? 1 : 0, std::memory_order_seq_cst);
}

void TestQueue::set_used_event(uint16_t index) {
  uint64_t place = available() + 4 + 2 * uint64_t{size_};
  number<uint16_t>(place).store(index, std::memory_order_seq_cst);
}

bool TestQueue::no_notification() const {
  return number<uint16_t>(used()).load(std::memory_order_seq_cst) & 1;
}

uint16_t TestQueue::available_event() const {
  uint64_t place = used() + 4 + 8 * uint64_t{size_};
  return number<uint16_t>(place).load(std::memory_order_seq_cst);
}

}  // namespace vm_control::vmm
