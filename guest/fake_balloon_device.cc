// SPDX-License-Identifier: BSD-3-Clause
#include "guest/fake_balloon_device.h"

#include <cstring>

#include "guest/balloon_driver.h"

namespace vm_control::guest {
namespace {

using namespace virtio_register;
using namespace virtio_status;

constexpr uint32_t kUsedInterrupt = 1;
// The device refuses a longer list of pages.
constexpr size_t kLongestBuffer = 4096 * sizeof(uint32_t);

}  // namespace

uint32_t FakeBalloonDevice::read(uint32_t offset) {
  const bool has_queue = selected_queue_ < queues_.size();
  switch (offset) {
    case kDeviceFeatures:
      return device_word_ < 2 ? static_cast<uint32_t>(features >> 32 * device_word_) : 0;
    case virtio_register::kQueueSizeLimit:
      return has_queue ? queue_size_limit : 0;
    case kInterruptStatus:
      return interrupts_;
    case kStatus:
      return status_;
    case kBalloonWanted:
      return wanted_;
    default:
      return 0;
  }
}

void FakeBalloonDevice::write(uint32_t offset, uint32_t value) {
  switch (offset) {
    case kStatus:
      return set_status(value);
    case kDeviceFeaturesSelect:
      device_word_ = value;
      return;
    case kDriverFeaturesSelect:
      driver_word_ = value;
      return;
    case kDriverFeatures:
      check(!(status_ & kFeaturesOk), "features are written late");
      if (driver_word_ < 2) accepted_[driver_word_] = value;
      return;
    case kQueueSelect:
      selected_queue_ = value;
      return;
    case kQueueNotify:
      return check(is_driven() && value < 3 && queues_[value].ready, "an idle queue is notified");
    case kInterruptAcknowledge:
      interrupts_ &= ~value;
      return;
    case kBalloonGiven:
      given_ = value;
      return;
    default:
      return set_queue(offset, value);
  }
}

void FakeBalloonDevice::check(bool allowed, const char* what) {
  if (!allowed) violations_.emplace_back(what);
}

void FakeBalloonDevice::set_status(uint32_t value) {
  if (value == 0) {
    if (!resets) return;
    queues_ = {};
    pages_.clear();
    accepted_ = {};
    status_ = interrupts_ = given_ = 0;
    return;
  }
  check((value & status_ & ~kNeedsReset) == (status_ & ~kNeedsReset), "a status bit is cleared");
  const uint64_t accepted = uint64_t{accepted_[1]} << 32 | accepted_[0];
  check(!(value & kFeaturesOk) || (accepted & ~features) == 0, "a feature was not offered");
  check(!(value & kDriverOk) || value & kFeaturesOk, "the driver is ready before its features");
  status_ = (agrees ? value : value & ~kFeaturesOk) | (status_ & kNeedsReset);
}

void FakeBalloonDevice::set_queue(uint32_t offset, uint32_t value) {
  check(status_ & kFeaturesOk && !is_driven(), "a queue is set up at the wrong time");
  if (selected_queue_ >= queues_.size()) return check(false, "there is no such queue");
  Queue& queue = queues_[selected_queue_];
  check(!queue.ready, "a queue is changed while it is ready");
  if (offset == kQueueSize) {
    check(value && (value & (value - 1)) == 0 && value <= queue_size_limit, "a bad queue size");
    queue.size = value <= queue_size_limit ? value : 0;
  } else if (offset == kQueueReady) {
    queue.ready = value & 1;
  } else {
    check(offset >= kQueueTable && offset <= kQueueUsed + 4, "there is no such register");
    queue.address[offset] = value;
  }
}

uint64_t FakeBalloonDevice::address(const Queue& queue, uint32_t offset) {
  const auto half = [&](uint32_t which) {
    const auto found = queue.address.find(which);
    return found == queue.address.end() ? 0 : uint64_t{found->second};
  };
  return half(offset + 4) << 32 | half(offset);
}

std::byte* FakeBalloonDevice::at(uint64_t address, uint64_t size) {
  for (const std::span<std::byte> each : memory_) {
    const uint64_t start = address_of(each.data());
    if (address < start || address - start > each.size()) continue;
    if (size <= each.size() - (address - start)) return each.data() + (address - start);
  }
  return nullptr;
}

bool FakeBalloonDevice::append_chain(const Queue& queue, uint16_t head, Bytes& bytes) {
  uint16_t index = head;
  for (uint32_t links = 0; links < queue.size && index < queue.size; ++links) {
    const uint64_t table = address(queue, kQueueTable);
    const auto* descriptor = object<VirtqueueDescriptor>(table + uint64_t{16} * index);
    if (!descriptor || descriptor->flags & ~VirtqueueDescriptor::kNext) return false;
    const std::byte* from = at(descriptor->address, descriptor->length);
    if (!from || bytes.size() + descriptor->length > kLongestBuffer) return false;
    bytes.insert(bytes.end(), from, from + descriptor->length);
    if (!(descriptor->flags & VirtqueueDescriptor::kNext)) return true;
    index = descriptor->next;
  }
  return false;
}

// Takes a buffer and returns it at once. `bytes` is empty if there is none. Returns false if the
// queue is broken.
bool FakeBalloonDevice::take_buffer(Queue& queue, Bytes& bytes) {
  const uint64_t available = address(queue, kQueueAvailable);
  const uint64_t used = address(queue, kQueueUsed);
  const auto* index = object<uint16_t>(available + 2);
  if (!index || !object<uint16_t>(used + 2)) return false;
  const uint16_t waiting = static_cast<uint16_t>(*index - queue.taken);
  if (waiting == 0) return true;
  if (waiting > queue.size) return false;
  const uint16_t place = static_cast<uint16_t>(queue.taken % queue.size);
  const auto* head = object<uint16_t>(available + 4 + uint64_t{2} * place);
  auto* element = object<UsedRing<1>::Element>(used + 4 + uint64_t{8} * place);
  if (!head || !element || !append_chain(queue, *head, bytes)) return false;
  ++queue.taken;
  *element = {*head, 0};
  *object<uint16_t>(used + 2) = queue.taken;
  interrupt(kUsedInterrupt);
  return true;
}

bool FakeBalloonDevice::take_pages(Queue& queue, bool inflate) {
  Bytes bytes;
  if (!take_buffer(queue, bytes)) need_reset();
  for (size_t i = 0; i + sizeof(uint32_t) <= bytes.size(); i += sizeof(uint32_t)) {
    uint32_t page;
    std::memcpy(&page, bytes.data() + i, sizeof(page));
    const bool changed = inflate ? pages_.insert(page).second : pages_.erase(page) == 1;
    check(changed, inflate ? "a page is given twice" : "a page is taken back that was not given");
    if (inflate) ever_given_.insert(page);
  }
  return !bytes.empty();
}

uint32_t FakeBalloonDevice::serve() {
  uint32_t buffers = 0;
  for (const uint32_t i : {BalloonMemory::kInflate, BalloonMemory::kDeflate}) {
    while (is_driven() && !needs_reset() && queues_[i].ready &&
           take_pages(queues_[i], i == BalloonMemory::kInflate))
      ++buffers;
  }
  return buffers;
}

std::map<uint16_t, uint64_t> FakeBalloonDevice::take_statistics() {
  std::map<uint16_t, uint64_t> result;
  Bytes bytes;
  Queue& queue = queues_[BalloonMemory::kStatistics];
  if (!queue.ready || !take_buffer(queue, bytes)) return result;
  for (size_t i = 0; i + sizeof(BalloonStatistic) <= bytes.size(); i += sizeof(BalloonStatistic)) {
    BalloonStatistic statistic;
    std::memcpy(&statistic, bytes.data() + i, sizeof(statistic));
    result[statistic.tag] = statistic.bytes;
  }
  return result;
}

void FakeBalloonDevice::want(uint32_t pages) {
  wanted_ = pages;
  interrupt(kConfigurationInterrupt);
}

void FakeBalloonDevice::need_reset() {
  status_ |= kNeedsReset;
  interrupt(kConfigurationInterrupt);
}

}  // namespace vm_control::guest
