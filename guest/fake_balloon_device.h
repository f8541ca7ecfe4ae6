// SPDX-License-Identifier: BSD-3-Clause
// A virtio balloon for tests, as strict as virtio 1.2 with its driver. What a driver may not do
// goes to violations(); what the device can't work with makes it ask for a reset.
//
// Memory is that of the process: an address of the guest is a pointer. The device reaches only what
// it was given, and looks at a queue only when the test calls serve().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "guest/virtio.h"
#include "guest/virtqueue.h"

namespace vm_control::guest {

class FakeBalloonDevice : public VirtioRegisters {
 public:
  static constexpr uint32_t kQueueSizeLimit = 256;

  virtual ~FakeBalloonDevice() = default;

  // The device offers these at the next negotiation.
  uint64_t features = uint64_t{1} << 32 | 1u << 1;
  uint32_t queue_size_limit = kQueueSizeLimit;
  // Whether writing 0 to the status resets the device.
  bool resets = true;
  // Whether the device agrees to any features.
  bool agrees = true;

  void reach(std::span<std::byte> memory) { memory_.push_back(memory); }

  uint32_t read(uint32_t offset) override;
  void write(uint32_t offset, uint32_t value) override;

  // Takes all that the driver has offered in the inflate and deflate queues. Returns the number of
  // buffers.
  uint32_t serve();
  // Takes the statistics, and gives the buffer back. They are empty if the device has no buffer.
  std::map<uint16_t, uint64_t> take_statistics();

  void want(uint32_t pages);
  void need_reset();

  uint32_t given() const { return given_; }
  const std::set<uint32_t>& pages() const { return pages_; }
  // All pages that were ever given, and how many buffers had some.
  const std::set<uint32_t>& ever_given() const { return ever_given_; }
  const std::vector<std::string>& violations() const { return violations_; }
  bool is_driven() const { return status_ & virtio_status::kDriverOk; }
  bool needs_reset() const { return status_ & virtio_status::kNeedsReset; }

 private:
  struct Queue {
    uint32_t size = 0;
    bool ready = false;
    uint16_t taken = 0;
    // By register offset.
    std::map<uint32_t, uint32_t> address;
  };
  using Bytes = std::vector<std::byte>;

  void check(bool allowed, const char* what);
  void set_status(uint32_t value);
  void set_queue(uint32_t offset, uint32_t value);
  uint64_t address(const Queue& queue, uint32_t offset);
  std::byte* at(uint64_t address, uint64_t size);
  template <typename T>
  T* object(uint64_t address) {
    return reinterpret_cast<T*>(at(address, sizeof(T)));
  }
  bool take_buffer(Queue& queue, Bytes& bytes);
  bool append_chain(const Queue& queue, uint16_t head, Bytes& bytes);
  bool take_pages(Queue& queue, bool inflate);
  void interrupt(uint32_t cause) { interrupts_ |= cause; }

  std::vector<std::span<std::byte>> memory_;
  std::array<Queue, 3> queues_;
  uint32_t status_ = 0;
  uint32_t interrupts_ = 0;
  uint32_t selected_queue_ = 0;
  uint32_t device_word_ = 0;
  uint32_t driver_word_ = 0;
  std::array<uint32_t, 2> accepted_ = {};
  uint32_t wanted_ = 0;
  uint32_t given_ = 0;
  std::set<uint32_t> pages_;
  std::set<uint32_t> ever_given_;
  std::vector<std::string> violations_;
};

}  // namespace vm_control::guest
