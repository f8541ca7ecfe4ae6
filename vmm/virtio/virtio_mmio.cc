// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/virtio_mmio.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {
namespace {

// Registers, by offset. Those of a queue's size and addresses are in QueueSetup.
enum : uint64_t {
  kMagicValue = 0x00,
  kVersion = 0x04,
  kDeviceId = 0x08,
  kDeviceFeatures = 0x10,
  kDeviceFeaturesSel = 0x14,
  kDriverFeatures = 0x20,
  kDriverFeaturesSel = 0x24,
  kQueueSel = 0x30,
  kQueueSizeMax = 0x34,
  kQueueReady = 0x44,
  kInterruptStatus = 0x60,
  kInterruptAck = 0x64,
  kStatus = 0x70,
  kSharedMemory = 0xb0,  // length and address of a region, as four registers
  kSharedMemoryEnd = 0xc0,
  kConfigGeneration = 0xfc,
  kConfig = 0x100,
};

constexpr uint32_t kMagic = 0x74726976;  // "virt"

// The status as its first four bits are set, one after the other.
constexpr uint32_t kAcknowledged = virtio::kAcknowledge;
constexpr uint32_t kHasDriver = kAcknowledged | virtio::kDriver;
constexpr uint32_t kHasFeatures = kHasDriver | virtio::kFeaturesOk;
constexpr uint32_t kIsRunning = kHasFeatures | virtio::kDriverOk;

uint32_t half_of(uint64_t value, uint32_t half) {
  if (half > 1) return 0;
  return static_cast<uint32_t>(value >> (32 * half));
}

bool is_aligned_access(uint64_t offset, size_t size) {
  return offset % size == 0;
}

// All registers are 32 bits wide, and drivers access them as a whole.
bool is_register_access(uint64_t offset, size_t size) {
  return size == 4 && is_aligned_access(offset, size);
}

}  // namespace

Result<std::unique_ptr<VirtioMmio>> VirtioMmio::create(const GuestRam& ram, Interrupt interrupt,
                                                       std::unique_ptr<VirtioDevice> device,
                                                       EventLoop& loop) {
  std::unique_ptr<VirtioMmio> transport(
      new VirtioMmio(ram, std::move(interrupt), std::move(device)));
  transport->runner_ = TRY(QueueRunner::create(*transport->device_, transport->interrupts_, loop));
  return transport;
}

VirtioMmio::VirtioMmio(const GuestRam& ram, Interrupt interrupt,
                       std::unique_ptr<VirtioDevice> device)
    : ram_(ram), device_(std::move(device)), interrupts_(std::move(interrupt)) {
  for (uint16_t size : device_->queue_sizes()) queues_.emplace_back(size);
}

void VirtioMmio::read(uint64_t offset, std::span<std::byte> data) {
  std::ranges::fill(data, std::byte{0});
  if (offset >= kConfig) {
    if (is_aligned_access(offset, data.size())) device_->read_config(offset - kConfig, data);
    return;
  }
  if (!is_register_access(offset, data.size())) return;
  MutexLock lock(mutex_);
  uint32_t value = read_register(offset);
  std::memcpy(data.data(), &value, sizeof(value));
}

uint32_t VirtioMmio::read_register(uint64_t offset) {
  switch (offset) {
    case kMagicValue:
      return kMagic;
    case kVersion:
      return 2;
    case kDeviceId:
      return device_->type();
    case kDeviceFeatures:
      return half_of(offered_features(), offered_half_);
    case kQueueSizeMax:
      return selected_queue() ? selected_queue()->max_size() : 0;
    case kQueueReady:
      return selected_queue() && selected_queue()->is_ready() ? 1 : 0;
    case kInterruptStatus:
      return interrupts_.reasons();
    case kStatus:
      return status_ | (interrupts_.needs_reset() ? virtio::kNeedsReset : 0);
    case kConfigGeneration:
      return interrupts_.generation();
    default:  // those that are only written, and those that do not exist
      return offset >= kSharedMemory && offset < kSharedMemoryEnd ? UINT32_MAX : 0;
  }
}

void VirtioMmio::write(uint64_t offset, std::span<const std::byte> data) {
  MutexLock lock(mutex_);
  if (offset >= kConfig) {
    bool may_write = status_ & virtio::kFeaturesOk && is_aligned_access(offset, data.size());
    if (may_write) device_->write_config(offset - kConfig, data);
    return;
  }
  if (!is_register_access(offset, data.size())) return;
  uint32_t value = 0;
  std::memcpy(&value, data.data(), sizeof(value));
  write_register(offset, value);
}

void VirtioMmio::write_register(uint64_t offset, uint32_t value) {
  switch (offset) {
    case kDeviceFeaturesSel:
      offered_half_ = value;
      break;
    case kDriverFeatures:
      accept_features(value);
      break;
    case kDriverFeaturesSel:
      accepted_half_ = value;
      break;
    case kQueueSel:
      selected_ = value;
      break;
    case kQueueNotify:
      if (value < queues_.size()) notifications()[value].signal();
      break;
    case kInterruptAck:
      interrupts_.acknowledge(value);
      break;
    case kStatus:
      write_status(value);
      break;
    default:
      write_queue(offset, value);
      break;
  }
}

uint64_t VirtioMmio::offered_features() const {
  return device_->features() | virtio::kVersion1 | virtio::kIndirectDescriptors |
         virtio::kEventIndex;
}

void VirtioMmio::accept_features(uint32_t value) {
  if (status_ != kHasDriver || accepted_half_ > 1) return;
  uint64_t other_half = accepted_half_ == 0 ? ~uint64_t{UINT32_MAX} : UINT32_MAX;
  features_ = (features_ & other_half) | uint64_t{value} << (32 * accepted_half_);
}

void VirtioMmio::write_status(uint32_t value) {
  if (value == 0) {
    reset();
    return;
  }
  value &= ~virtio::kNeedsReset;  // the device's own
  if (status_ & virtio::kFailed) return;
  if (value == (status_ | virtio::kFailed)) {
    status_ = value;
    runner_->stop();  // the driver has given up
    return;
  }
  switch (value) {
    case kAcknowledged:
      if (status_ == 0) status_ = value;
      break;
    case kHasDriver:
      if (status_ == kAcknowledged) status_ = value;
      break;
    case kHasFeatures: {
      bool is_subset = (features_ & ~offered_features()) == 0;
      if (status_ == kHasDriver && is_subset && features_ & virtio::kVersion1) status_ = value;
      break;
    }
    case kIsRunning:
      if (status_ == kHasFeatures && !interrupts_.needs_reset()) start();
      break;
    default:
      break;
  }
}

void VirtioMmio::start() {
  status_ = kIsRunning;
  QueueRunner::Queues queues;
  for (QueueSetup& each : queues_) queues.push_back(each.take());
  interrupts_.open();
  runner_->start(features_, std::move(queues));
}

void VirtioMmio::reset() {
  runner_->stop();
  interrupts_.close();
  status_ = 0;
  features_ = 0;
  offered_half_ = accepted_half_ = selected_ = 0;
  for (QueueSetup& each : queues_) each = QueueSetup(each.max_size());
}

QueueSetup* VirtioMmio::selected_queue() {
  return selected_ < queues_.size() ? &queues_[selected_] : nullptr;
}

void VirtioMmio::write_queue(uint64_t offset, uint32_t value) {
  QueueSetup* queue = selected_queue();
  if (!queue) return;
  if (offset == kQueueReady) {
    write_queue_ready(*queue, value);
  } else if (status_ == kHasFeatures && !queue->is_ready()) {
    queue->write(offset, value);
  }
}

void VirtioMmio::write_queue_ready(QueueSetup& queue, uint32_t value) {
  if (value == 0 && queue.is_ready()) {
    queue.disable();
    runner_->stop_queue(static_cast<uint16_t>(selected_));
  } else if (value == 1 && status_ == kHasFeatures && !queue.is_ready()) {
    if (!queue.enable(ram_, features_)) interrupts_.need_reset();
  }
}

}  // namespace vm_control::vmm
