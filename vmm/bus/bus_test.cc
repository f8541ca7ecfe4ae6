// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/bus.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace vm_control::vmm {
namespace {

constexpr uint64_t kLastPort = 0xffff;

using Bytes = std::vector<std::byte>;

// A device of which each byte reads as 0x40 plus its offset.
class Recorder final : public BusDevice {
 public:
  void read(uint64_t offset, std::span<std::byte> data) override {
    reads.emplace_back(offset, data.size());
    for (std::byte& each : data) each = static_cast<std::byte>(0x40 + offset++);
  }
  void write(uint64_t offset, std::span<const std::byte> data) override {
    writes.emplace_back(offset, Bytes(data.begin(), data.end()));
  }

  std::vector<std::pair<uint64_t, size_t>> reads;
  std::vector<std::pair<uint64_t, Bytes>> writes;
};

using Reads = std::vector<std::pair<uint64_t, size_t>>;
using Writes = std::vector<std::pair<uint64_t, Bytes>>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (int each : values) result.push_back(static_cast<std::byte>(each));
  return result;
}

TEST(Bus, GivesADeviceTheWholeAccess) {
  Recorder device;
  Bus bus(UINT64_MAX);
  ASSERT_TRUE(bus.add(0xd000'0000, 0x1000, device));
  for (size_t size : {1u, 2u, 4u, 8u}) {
    Bytes data(size);
    EXPECT_TRUE(bus.read(0xd000'0010, data));
    EXPECT_EQ(data.back(), static_cast<std::byte>(0x50 + size - 1));
  }
  EXPECT_EQ(device.reads, (Reads{{0x10, 1}, {0x10, 2}, {0x10, 4}, {0x10, 8}}));
  EXPECT_TRUE(bus.write(0xd000'0ffc, bytes({1, 2, 3, 4})));
  EXPECT_EQ(device.writes, (Writes{{0xffc, bytes({1, 2, 3, 4})}}));
}

TEST(Bus, GivesEachByteToThePortItIsFor) {
  Recorder device;
  Bus bus(kLastPort);
  ASSERT_TRUE(bus.add(0x100, 2, device));
  EXPECT_FALSE(bus.write(0x100, bytes({1, 2, 3, 4})));
  EXPECT_EQ(device.writes, (Writes{{0, bytes({1})}, {1, bytes({2})}}));
}

TEST(Bus, SplitsAnAccessBetweenNeighboursIntoBytes) {
  Recorder first, second;
  Bus bus(kLastPort);
  ASSERT_TRUE(bus.add(0x100, 4, first));
  ASSERT_TRUE(bus.add(0x104, 4, second));
  Bytes data(4);
  EXPECT_TRUE(bus.read(0x102, data));
  EXPECT_EQ(data, bytes({0x42, 0x43, 0x40, 0x41}));
  EXPECT_EQ(first.reads, (Reads{{2, 1}, {3, 1}}));
  EXPECT_EQ(second.reads, (Reads{{0, 1}, {1, 1}}));
}

TEST(Bus, SplitsAnAccessOfAnOddLengthIntoBytes) {
  Recorder device;
  Bus bus(UINT64_MAX);
  ASSERT_TRUE(bus.add(0, 16, device));
  EXPECT_TRUE(bus.write(1, bytes({1, 2, 3})));
  EXPECT_EQ(device.writes, (Writes{{1, bytes({1})}, {2, bytes({2})}, {3, bytes({3})}}));
}

TEST(Bus, ReadsNothingAsAllOnes) {
  Recorder device;
  Bus bus(kLastPort);
  Bytes data(4);
  EXPECT_FALSE(bus.read(0xffff, data));
  EXPECT_EQ(data, Bytes(4, std::byte{0xff}));
  ASSERT_TRUE(bus.add(0x100, 2, device));
  EXPECT_FALSE(bus.read(0xff, data));
  EXPECT_EQ(data, bytes({0xff, 0x40, 0x41, 0xff}));
}

TEST(Bus, DoesNotWrapAroundAtTheEndOfTheAddressSpace) {
  Recorder lowest, highest;
  Bus bus(UINT64_MAX);
  ASSERT_TRUE(bus.add(0, 4, lowest));
  ASSERT_TRUE(bus.add(UINT64_MAX, 1, highest));
  Bytes data(2);
  EXPECT_FALSE(bus.read(UINT64_MAX, data));
  EXPECT_EQ(data, bytes({0x40, 0xff}));
  EXPECT_TRUE(lowest.reads.empty());
}

TEST(Bus, RefusesOverlaps) {
  Recorder device;
  Bus bus(kLastPort);
  ASSERT_TRUE(bus.add(0x100, 8, device));
  for (auto [first, size] : {std::pair<uint64_t, uint64_t>{0x100, 8},
                             {0xff, 2},
                             {0x107, 1},
                             {0x102, 2},
                             {0x80, 0x200}}) {
    EXPECT_EQ(bus.add(first, size, device).error().code(), EEXIST) << first;
  }
  EXPECT_TRUE(bus.add(0xff, 1, device));
  EXPECT_TRUE(bus.add(0x108, 1, device));
}

TEST(Bus, RefusesAddressesThatAreNone) {
  Recorder device;
  Bus bus(kLastPort);
  EXPECT_EQ(bus.add(0x100, 0, device).error().code(), EINVAL);
  EXPECT_EQ(bus.add(0xffff, 2, device).error().code(), EINVAL);
  EXPECT_EQ(bus.add(0x10000, 1, device).error().code(), EINVAL);
  EXPECT_EQ(bus.add(1, UINT64_MAX, device).error().code(), EINVAL);
  EXPECT_TRUE(bus.add(0xffff, 1, device));
}

}  // namespace
}  // namespace vm_control::vmm
