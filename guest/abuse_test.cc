// SPDX-License-Identifier: BSD-3-Clause
#include "guest/abuse.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "guest/address_map.h"
#include "guest/balloon_driver.h"
#include "guest/fake_balloon_device.h"

namespace vm_control::guest {
namespace {

using namespace virtio_register;

// Serves a queue whenever it is notified, and keeps what was written to each register.
class EagerDevice : public FakeBalloonDevice {
 public:
  void write(uint32_t offset, uint32_t value) override {
    FakeBalloonDevice::write(offset, value);
    written[offset].insert(value);
    if (offset == kQueueNotify) buffers += serve();
    resets_needed += needs_reset() && offset == kQueueNotify;
  }

  std::map<uint32_t, std::set<uint32_t>> written;
  uint32_t buffers = 0;
  uint32_t resets_needed = 0;
};

class AbuseTest : public testing::Test {
 protected:
  static constexpr uint32_t kRam = 64u << 20;
  static constexpr uint32_t kRounds = 1'000;

  AbuseTest() { device_.reach(std::as_writable_bytes(std::span(memory_.get(), 1))); }

  void abuse() {
    for (uint32_t i = 0; i < kRounds; ++i) abuse_.round();
  }

  bool is_own(const void* part, size_t size, uint32_t lower_half) {
    const uint32_t offset = lower_half - static_cast<uint32_t>(address_of(part));
    return offset < size;
  }

  bool is_readable(uint32_t lower_half) {
    const size_t size = sizeof(AbuseMemory) - sizeof(AbuseMemory::used);
    return lower_half % 4 == 0 && is_own(memory_->available, size, lower_half);
  }

  EagerDevice device_;
  std::unique_ptr<AbuseMemory> memory_ = std::make_unique<AbuseMemory>();
  Abuse abuse_{device_, *memory_, kRam};
};

TEST_F(AbuseTest, GetsDeepIntoTheDevice) {
  abuse();
  EXPECT_GT(device_.buffers, kRounds / 2);
  EXPECT_GT(device_.resets_needed, kRounds / 10);
  EXPECT_GT(device_.ever_given().size(), 1000u);
}

TEST_F(AbuseTest, WritesEveryRegister) {
  abuse();
  for (uint32_t offset = 0; offset < 0x120; offset += 4) {
    EXPECT_GT(device_.written[offset].size(), 3u) << offset;
  }
}

TEST_F(AbuseTest, NeverGivesPagesOfTheMonitor) {
  abuse();
  for (const uint32_t page : device_.ever_given()) {
    const uint64_t address = uint64_t{page} * 4096;
    EXPECT_FALSE(address >= GUEST_IMAGE_ADDRESS && address < Abuse::kMemoryAddress) << page;
  }
}

// Whatever upper half comes with the lower one, the address is none of the monitor's.
TEST_F(AbuseTest, PutsRingsThatTheDeviceWritesWhereTheyDoNoHarm) {
  abuse();
  for (const uint32_t lower : device_.written[kQueueUsed]) {
    if (is_own(memory_->used, sizeof(memory_->used) / 2, lower)) continue;
    EXPECT_GE(lower, kRam - 8);
  }
}

TEST_F(AbuseTest, LetsTheDeviceReadOnlyWhatDoesNoHarm) {
  abuse();
  for (const uint32_t offset : {kQueueTable, kQueueAvailable}) {
    for (const uint32_t lower : device_.written[offset]) {
      if (is_readable(lower)) continue;
      EXPECT_GE(lower, Abuse::kMemoryEnd);
    }
  }
}

TEST_F(AbuseTest, PutsDescriptorsWhereTheDeviceMayRead) {
  abuse();
  for (const auto& table : memory_->tables) {
    for (const VirtqueueDescriptor& each : table) {
      const uint32_t lower = static_cast<uint32_t>(each.address);
      if (each.address == 0 || is_readable(lower)) continue;
      EXPECT_GE(lower, Abuse::kMemoryEnd);
    }
  }
}

// The words are read at multiples of 4 only. Addresses don't count: those of the test are not those
// of the guest.
TEST_F(AbuseTest, WritesNoWordThatIsThePageOfTheMonitor) {
  abuse();
  const auto expect_harmless = [](uint32_t word) {
    EXPECT_FALSE(word >= GUEST_IMAGE_ADDRESS / 4096 && word < Abuse::kMemoryAddress / 4096) << word;
  };
  for (const uint32_t each : memory_->page_numbers) expect_harmless(each);
  for (const auto& table : memory_->tables) {
    for (const VirtqueueDescriptor& each : table) {
      expect_harmless(each.length);
      expect_harmless(uint32_t{each.next} << 16 | each.flags);
    }
  }
  for (const auto& ring : memory_->available) {
    for (uint32_t i = 0; i < AbuseMemory::kQueueSize; i += 2) {
      expect_harmless(uint32_t{ring.heads[i + 1]} << 16 | ring.heads[i]);
    }
  }
}

TEST_F(AbuseTest, LeavesTheDeviceReset) {
  abuse();
  EXPECT_EQ(device_.read(kStatus), 0u);
}

TEST_F(AbuseTest, LeavesADeviceThatTheDriverCanUse) {
  abuse();
  const auto memory = std::make_unique<BalloonMemory>();
  device_.reach(std::as_writable_bytes(std::span(memory.get(), 1)));
  const size_t violations = device_.violations().size();
  BalloonDriver driver(device_, *memory, kRam);
  device_.want(300);
  driver.start();
  for (int i = 0; i < 10; ++i) driver.step();
  EXPECT_EQ(device_.pages().size(), 300u);
  EXPECT_EQ(device_.violations().size(), violations);
}

TEST_F(AbuseTest, ContinuesItsNumbersFromRoundToRound) {
  abuse_.round();
  const auto first = device_.written;
  device_.written.clear();
  abuse_.round();
  EXPECT_NE(device_.written, first);
}

}  // namespace
}  // namespace vm_control::guest
