// SPDX-License-Identifier: BSD-3-Clause
// A balloon whose guest does what the fuzzer's bytes say: it reads and writes registers, and writes
// RAM; between that the device thread has its turns, and the owner asks.
//
// An input is a row of steps of 8 bytes: an opcode, three bytes and a value of 32 bits.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "vm_control/base/check.h"
#include "vm_control/base/page.h"
#include "vmm/virtio/balloon.h"
#include "vmm/virtio/test_driver.h"
#include "vmm/virtio/virtio_mmio.h"

namespace vm_control::vmm {
namespace {

struct Step {
  uint8_t opcode;
  uint8_t place;
  uint16_t offset;
  uint32_t value;
};

// 256 KiB, and 64 KiB above 4 GiB.
GuestRam make_fuzzed_ram() {
  std::array ranges{*GuestRange::create(GuestAddress(0), 0x40000),
                    *GuestRange::create(GuestAddress(kTestHighRam), 0x10000)};
  return *GuestRam::create(ranges);
}

class FuzzedGuest {
 public:
  FuzzedGuest() {
    auto balloon = *VirtioBalloon::create(ram_, loop_, {});
    balloon_ = balloon.get();
    mmio_ = *VirtioMmio::create(ram_, *interrupts_.allocate(), std::move(balloon), loop_);
    driver_ = std::make_unique<TestDriver>(ram_, *mmio_);
  }

  void take(const Step& step) {
    switch (step.opcode % 12) {
      case 0:
        access(step);
        break;
      case 1:
        driver_->write(step.place * 4u, step.value);
        break;
      case 2:  // a driver that does all in order, but for the features
        driver_->reset();
        driver_->negotiate(step.value & 0x30000036);
        for (uint16_t i = 0; i < 5; ++i) driver_->set_up_queue(i, queue(i).layout());
        driver_->set_driver_ok();
        break;
      case 3:
        store(step.place % 3u * 0x1000 + queue_at(step.offset % 5u) + step.offset / 5u % 0x400,
              step.value);
        break;
      case 4:
        store(uint64_t{step.place} * kPageSize / 4 + step.offset % 0x400, step.value);
        break;
      case 5:
        offer(step);
        break;
      case 6:
        driver_->notify(step.place % 6);
        break;
      case 7:
        for (int i = 0; i <= step.place % 8; ++i) loop_.run_once(0);
        break;
      case 8:
        ignore(balloon_->adjust(static_cast<int32_t>(step.value)), "the driver may have gone");
        break;
      case 9:
        ignore(balloon_->request_stats(), "the driver may have gone");
        break;
      case 10:
        driver_->reset();
        CHECK(driver_->status() == 0);
        break;
      default:
        driver_->take_interrupt();
        break;
    }
    check();
  }

 private:
  static uint64_t queue_at(uint32_t index) { return 0x4000 * uint64_t{index}; }
  TestQueue queue(uint16_t index) const { return TestQueue(ram_, queue_at(index), 16); }

  void store(uint64_t address, uint32_t value) {
    ignore(ram_.store(GuestAddress(address), value), "the place may not be RAM");
  }

  // A descriptor, and the index that makes it available.
  void offer(const Step& step) {
    uint16_t index = step.place % 5;
    TestQueue driver = queue(index);
    TestQueue::Descriptor descriptor{.address = uint64_t{step.value} & 0x4ffff,
                                     .length = step.value >> 16,
                                     .flags = static_cast<uint16_t>(step.offset & 7),
                                     .next = static_cast<uint16_t>(step.offset >> 3 & 31)};
    driver.set_descriptor(static_cast<uint16_t>(step.offset >> 8 & 15), descriptor);
    driver.offer(static_cast<uint16_t>(step.offset >> 8 & 15));
    driver.skip(step.offset >> 12);
    driver_->notify(index);
  }

  void access(const Step& step) {
    std::array<std::byte, 8> data{};
    std::memcpy(data.data(), &step.value, sizeof(step.value));
    auto part = std::span(data).first(size_t{1} << step.place % 4);
    uint64_t offset = step.offset % (VirtioMmio::kSize - part.size() + 1);
    if (step.place & 4) {
      mmio_->write(offset, part);
    } else {
      mmio_->read(offset, part);
    }
  }

  // Whatever the guest did, what the owner is told makes sense.
  void check() {
    BalloonStatus status = balloon_->status();
    bool is_running = driver_->status() == 15;
    CHECK(status.actual_bytes <= ram_.size());
    CHECK(status.target_bytes <= ram_.size());
    CHECK(is_running || status.state == BalloonState::kNotReady);
    CHECK(balloon_->stats().has_value() <= (balloon_->reports() > 0));
  }

  GuestRam ram_ = make_fuzzed_ram();
  EventLoop loop_ = *EventLoop::create();
  InterruptTable interrupts_;
  VirtioBalloon* balloon_ = nullptr;
  std::unique_ptr<VirtioMmio> mmio_;
  std::unique_ptr<TestDriver> driver_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxSteps = 200;
  FuzzedGuest guest;
  for (size_t i = 0; i < kMaxSteps && size >= sizeof(Step); ++i) {
    Step step;
    std::memcpy(&step, data, sizeof(step));
    data += sizeof(step);
    size -= sizeof(step);
    guest.take(step);
  }
  return 0;
}

}  // namespace vm_control::vmm
