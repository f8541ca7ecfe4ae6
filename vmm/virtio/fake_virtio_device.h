// SPDX-License-Identifier: BSD-3-Clause
// A virtio device that gives each chain back at once, and writes down what is asked of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "vm_control/base/try.h"
#include "vmm/virtio/virtio_device.h"

namespace vm_control::vmm {

class FakeVirtioDevice final : public VirtioDevice {
 public:
  static constexpr uint64_t kFeature = 1 << 7;
  static constexpr size_t kConfigSize = 12;

  uint32_t type() const override { return 42; }
  uint64_t features() const override { return kFeature; }
  std::span<const uint16_t> queue_sizes() const override { return kQueueSizes; }

  void read_config(uint64_t offset, std::span<std::byte> out) const override {
    if (offset + out.size() <= kConfigSize) std::memcpy(out.data(), &config[offset], out.size());
  }
  void write_config(uint64_t offset, std::span<const std::byte> data) override {
    if (offset + data.size() > kConfigSize) return;
    std::memcpy(&config[offset], data.data(), data.size());
  }

  void activate(uint64_t features, DriverHandle& handle) override {
    accepted = features;
    driver = &handle;
  }
  void reset() override {
    driver = nullptr;
    ++resets;
  }
  Result<bool> serve(uint16_t index, Virtqueue& queue) override {
    served.push_back(index);
    for (size_t i = 0; i < chains_per_turn; ++i) {
      auto chain = TRY(queue.pop());
      if (!chain) return false;
      queue.push(chain->head, 0);
    }
    return true;
  }

  std::array<std::byte, kConfigSize> config{};
  size_t chains_per_turn = 100;
  uint64_t accepted = 0;
  DriverHandle* driver = nullptr;  // while active
  int resets = 0;
  std::vector<uint16_t> served;  // queues, by index

 private:
  static constexpr std::array<uint16_t, 2> kQueueSizes{64, 128};
};

}  // namespace vm_control::vmm
