// SPDX-License-Identifier: BSD-3-Clause
#include "guest/virtio.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace vm_control::guest {
namespace {

constexpr uint32_t kFirstDevice = 0xc0000000;
constexpr uint32_t kBlock = 2;
constexpr uint32_t kBalloon = 5;

// The words of a machine's pages of devices, and which pages were read.
struct Pages {
  std::map<uint32_t, uint32_t> words;
  uint32_t highest_read = 0;

  void add(uint32_t index, uint32_t version, uint32_t device_id) {
    const uint32_t page = kFirstDevice + index * 0x1000;
    words[page] = kVirtioMagic;
    words[page + 4] = version;
    words[page + 8] = device_id;
  }
};

Pages* pages = nullptr;

uint32_t read_pages(uint32_t address) {
  pages->highest_read = std::max(pages->highest_read, address);
  const auto found = pages->words.find(address);
  return found == pages->words.end() ? UINT32_MAX : found->second;
}

class FindVirtioDevice : public testing::Test {
 protected:
  FindVirtioDevice() { pages = &pages_; }
  ~FindVirtioDevice() override { pages = nullptr; }

  Pages pages_;
};

TEST_F(FindVirtioDevice, FindsTheDeviceAmongOthers) {
  pages_.add(0, 2, kBlock);
  pages_.add(1, 2, kBalloon);
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), kFirstDevice + 0x1000);
}

TEST_F(FindVirtioDevice, PassesOverDevicesOfAnotherVersion) {
  pages_.add(0, 1, kBalloon);
  pages_.add(1, 2, kBalloon);
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), kFirstDevice + 0x1000);
}

TEST_F(FindVirtioDevice, ReadsOneWordWhereThereIsNothing) {
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), 0u);
  EXPECT_EQ(pages_.highest_read, kFirstDevice);
}

TEST_F(FindVirtioDevice, StopsAtTheFirstGap) {
  pages_.add(0, 2, kBlock);
  pages_.add(2, 2, kBalloon);
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), 0u);
  EXPECT_EQ(pages_.highest_read, kFirstDevice + 0x1000);
}

TEST_F(FindVirtioDevice, LooksAtSixteenPages) {
  for (uint32_t i = 0; i < 16; ++i) pages_.add(i, 2, kBlock);
  pages_.add(16, 2, kBalloon);
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), 0u);
  EXPECT_LT(pages_.highest_read, kFirstDevice + 0x10000);
  pages_.add(15, 2, kBalloon);
  EXPECT_EQ(find_virtio_device(kBalloon, read_pages), kFirstDevice + 0xf000);
}

TEST(Virtqueue, IsBusyUntilTheDeviceHasReturnedTheBuffer) {
  Virtqueue queue = {};
  const uint32_t data[2] = {};
  // More often than the index of the rings has values.
  for (uint32_t i = 1; i <= 70'000; ++i) {
    ASSERT_FALSE(queue.is_busy());
    queue.offer(data, sizeof(data));
    ASSERT_TRUE(queue.is_busy());
    ASSERT_EQ(queue.available.index, static_cast<uint16_t>(i));
    queue.used.index = static_cast<uint16_t>(i);
  }
  EXPECT_EQ(queue.table[0].address, address_of(data));
  EXPECT_EQ(queue.table[0].length, sizeof(data));
  EXPECT_EQ(queue.table[0].flags, 0);
}

}  // namespace
}  // namespace vm_control::guest
