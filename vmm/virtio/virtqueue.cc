// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/virtqueue.h"

#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {

// As in the guest's RAM.
struct Virtqueue::Descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};

namespace {

constexpr size_t kDescriptorSize = 16;

// Flags of a descriptor.
constexpr uint16_t kNext = 1;
constexpr uint16_t kWrite = 2;
constexpr uint16_t kIndirect = 4;

// Both rings begin with flags and an index, and end with an event index.
constexpr size_t kFlags = 0;
constexpr size_t kIndex = 2;
constexpr size_t kRing = 4;
constexpr size_t kEventSize = 2;
constexpr size_t kAvailableEntry = 2;
struct UsedEntry {
  uint32_t head;
  uint32_t written;
};

constexpr uint16_t kNoInterrupt = 1;     // a flag of the available ring
constexpr uint16_t kNoNotification = 1;  // a flag of the used ring

constexpr uint64_t kMaxBytes = uint64_t{1} << 32;

size_t available_event(uint16_t size) {
  return kRing + size * sizeof(UsedEntry);
}
size_t used_event(uint16_t size) {
  return kRing + size * kAvailableEntry;
}

// A number that the other side reads or writes at the same time. Areas are aligned for that.
std::atomic_ref<uint16_t> shared(std::span<std::byte> area, size_t offset) {
  return std::atomic_ref(*reinterpret_cast<uint16_t*>(area.data() + offset));
}

tl::unexpected<Error> broken(int code) {
  return fail(code, "follow a virtqueue");
}

Result<std::span<std::byte>> area(const GuestRam& ram, GuestAddress address, size_t alignment,
                                  size_t size) {
  if (!address.is_aligned(alignment)) return fail(EINVAL, "place a virtqueue");
  return ram.bytes(address, size);
}

}  // namespace

Result<Virtqueue> Virtqueue::create(const GuestRam& ram, const QueueLayout& layout,
                                    uint16_t max_size, uint64_t features) {
  if (layout.size > max_size || !std::has_single_bit(layout.size)) {
    return fail(EINVAL, "size a virtqueue");
  }
  auto size = static_cast<uint16_t>(layout.size);
  std::span<std::byte> descriptors = TRY(area(ram, layout.descriptors, 16, size * kDescriptorSize));
  std::span<std::byte> available =
      TRY(area(ram, layout.available, 2, used_event(size) + kEventSize));
  std::span<std::byte> used = TRY(area(ram, layout.used, 4, available_event(size) + kEventSize));
  return Virtqueue(ram, size, features, descriptors, available, used);
}

// Makes visible what the driver wrote before it wrote the index.
uint16_t Virtqueue::available_index() const {
  return shared(available_, kIndex).load(std::memory_order_acquire);
}

Result<std::optional<DescriptorChain>> Virtqueue::pop() {
  auto waiting = static_cast<uint16_t>(available_index() - next_available_);
  if (waiting == 0) return std::nullopt;
  if (waiting > size_) return broken(EPROTO);
  size_t place = kRing + size_t{next_available_} % size_ * kAvailableEntry;
  uint16_t head = shared(available_, place).load(std::memory_order_relaxed);
  DescriptorChain chain = TRY(read_chain(head));
  ++next_available_;
  return chain;
}

Result<DescriptorChain> Virtqueue::read_chain(uint16_t head) const {
  DescriptorChain chain{.head = head};
  std::span<std::byte> table = descriptors_;
  bool is_indirect = false;
  size_t index = head;
  for (uint32_t count = 0; count < size_;) {
    if (index >= table.size() / kDescriptorSize) return broken(EPROTO);
    Descriptor descriptor;
    std::memcpy(&descriptor, table.data() + index * kDescriptorSize, sizeof(descriptor));
    if (descriptor.flags & kIndirect) {
      if (is_indirect) return broken(EPROTO);
      table = TRY(indirect_table(descriptor));
      is_indirect = true;
      index = 0;
      continue;
    }
    TRY(add_buffer(chain, descriptor));
    if (!(descriptor.flags & kNext)) return chain;
    index = descriptor.next;
    ++count;
  }
  return broken(ELOOP);
}

Result<std::span<std::byte>> Virtqueue::indirect_table(const Descriptor& descriptor) const {
  if (!(features_ & virtio::kIndirectDescriptors) || descriptor.flags & kNext ||
      descriptor.length % kDescriptorSize != 0) {
    return broken(EPROTO);
  }
  return ram_->bytes(GuestAddress(descriptor.address), descriptor.length);
}

Result<void> Virtqueue::add_buffer(DescriptorChain& chain, const Descriptor& descriptor) const {
  bool is_writable = descriptor.flags & kWrite;
  if (!is_writable && !chain.writable.empty()) return broken(EPROTO);
  if (descriptor.length == 0) return {};
  GuestAddress address(descriptor.address);
  std::span<std::byte> bytes = TRY(ram_->bytes(address, descriptor.length));
  chain.size += bytes.size();
  if (chain.size > kMaxBytes) return broken(EMSGSIZE);
  (is_writable ? chain.writable : chain.readable).push_back({address, bytes});
  return {};
}

void Virtqueue::push(uint16_t head, uint32_t written) {
  UsedEntry entry{head, written};
  size_t place = kRing + size_t{next_used_} % size_ * sizeof(entry);
  std::memcpy(used_.data() + place, &entry, sizeof(entry));
  ++next_used_;
  // take_interrupt() reads what the driver writes before it reads the index. Of a store and a load
  // of two places, only seq_cst keeps the order.
  shared(used_, kIndex).store(next_used_, std::memory_order_seq_cst);
}

bool Virtqueue::take_interrupt() {
  uint16_t before = std::exchange(told_used_, next_used_);
  if (before == next_used_) return false;
  if (!(features_ & virtio::kEventIndex)) {
    return !(shared(available_, kFlags).load(std::memory_order_seq_cst) & kNoInterrupt);
  }
  // The driver wants one when the entry at its event index is used: whether that is one of the new.
  uint16_t event = shared(available_, used_event(size_)).load(std::memory_order_seq_cst);
  return static_cast<uint16_t>(next_used_ - event - 1) < static_cast<uint16_t>(next_used_ - before);
}

// With an event index, the driver is silent until the device moves the index.
void Virtqueue::disable_notifications() {
  if (features_ & virtio::kEventIndex) return;
  shared(used_, kFlags).store(kNoNotification, std::memory_order_relaxed);
}

bool Virtqueue::enable_notifications() {
  // As in push(): the driver reads this after it has written its index.
  if (features_ & virtio::kEventIndex) {
    shared(used_, available_event(size_)).store(next_available_, std::memory_order_seq_cst);
  } else {
    shared(used_, kFlags).store(0, std::memory_order_seq_cst);
  }
  return shared(available_, kIndex).load(std::memory_order_seq_cst) != next_available_;
}

}  // namespace vm_control::vmm
