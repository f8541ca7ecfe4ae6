// SPDX-License-Identifier: BSD-3-Clause
// Follows a queue in RAM that consists of the fuzzer's bytes.
//
// The first four bytes choose the features, the size and the places of the areas. The rest is the
// RAM, from address 0 on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "vm_control/base/check.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/virtio_spec.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kRamSize = 0x10000;
constexpr uint16_t kMaxSize = 64;

const GuestRam& fuzzed_ram() {
  static auto range = *GuestRange::create(GuestAddress(0), kRamSize);
  static GuestRam ram = *GuestRam::create({&range, 1});
  return ram;
}

// Checks that the queue hands out RAM, and not too much of it.
void check_chain(const DescriptorChain& chain) {
  std::span<const std::byte> ram = fuzzed_ram().low();
  CHECK(chain.readable.size() + chain.writable.size() <= kMaxSize);
  uint64_t size = 0;
  for (const auto* buffers : {&chain.readable, &chain.writable}) {
    for (const DescriptorChain::Buffer& each : *buffers) {
      CHECK(!each.bytes.empty());
      CHECK(each.bytes.data() == ram.data() + each.address.value());
      CHECK(each.bytes.size() <= ram.size() - each.address.value());
      size += each.bytes.size();
    }
  }
  CHECK(size == chain.size);
}

void follow(Virtqueue queue) {
  for (int i = 0; i < 100; ++i) {
    queue.disable_notifications();
    Result<std::optional<DescriptorChain>> chain = queue.pop();
    if (!chain || !*chain) return;
    check_chain(**chain);
    // Writing may change the rings, as the guest may.
    for (const DescriptorChain::Buffer& each : (**chain).writable) each.bytes[0] = std::byte{1};
    queue.push((**chain).head, 1);
    queue.take_interrupt();
    queue.enable_notifications();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kChoices = 4;
  if (size < kChoices) return 0;
  std::span<std::byte> ram = fuzzed_ram().low();
  std::memset(ram.data(), 0, ram.size());
  std::memcpy(ram.data(), data + kChoices, std::min<size_t>(size - kChoices, ram.size()));
  uint64_t features = data[0] & 1 ? virtio::kIndirectDescriptors : 0;
  if (data[0] & 2) features |= virtio::kEventIndex;
  // Areas lie close together, or over each other.
  QueueLayout layout{.size = uint32_t{1} << (data[0] >> 5),
                     .descriptors = GuestAddress(uint64_t{data[1]} * 16),
                     .available = GuestAddress(uint64_t{data[2]} * 16),
                     .used = GuestAddress(uint64_t{data[3]} * 16)};
  auto queue = Virtqueue::create(fuzzed_ram(), layout, kMaxSize, features);
  if (queue) follow(*queue);
  return 0;
}

}  // namespace vm_control::vmm
