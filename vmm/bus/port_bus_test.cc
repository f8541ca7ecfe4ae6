// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/port_bus.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace vm_control::vmm {
namespace {

class Recorder final : public PortDevice {
 public:
  uint8_t read(uint16_t offset) override { return static_cast<uint8_t>(0x40 + offset); }
  void write(uint16_t offset, uint8_t value) override { writes.emplace_back(offset, value); }

  std::vector<std::pair<uint16_t, uint8_t>> writes;
};

using Bytes = std::vector<std::byte>;

TEST(PortBus, GivesEachByteToThePortItIsFor) {
  Recorder device;
  PortBus bus;
  ASSERT_TRUE(bus.add(0x100, 2, device));
  bus.write(0x100, Bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
  EXPECT_EQ(device.writes, (std::vector<std::pair<uint16_t, uint8_t>>{{0, 1}, {1, 2}}));
}

TEST(PortBus, ReadsNothingAsAllOnes) {
  Recorder device;
  PortBus bus;
  Bytes data(4);
  bus.read(0xffff, data);
  EXPECT_EQ(data, Bytes(4, std::byte{0xff}));
  ASSERT_TRUE(bus.add(0x100, 2, device));
  bus.read(0xff, data);
  EXPECT_EQ(data, (Bytes{std::byte{0xff}, std::byte{0x40}, std::byte{0x41}, std::byte{0xff}}));
}

TEST(PortBus, RefusesOverlaps) {
  Recorder device;
  PortBus bus;
  ASSERT_TRUE(bus.add(0x100, 8, device));
  for (auto [first, count] : {std::pair<uint16_t, uint16_t>{0x100, 8},
                              {0xff, 2},
                              {0x107, 1},
                              {0x102, 2},
                              {0x80, 0x200}}) {
    EXPECT_EQ(bus.add(first, count, device).error().code(), EEXIST) << first;
  }
  EXPECT_TRUE(bus.add(0xff, 1, device));
  EXPECT_TRUE(bus.add(0x108, 1, device));
}

TEST(PortBus, RefusesPortsThatAreNone) {
  Recorder device;
  PortBus bus;
  EXPECT_EQ(bus.add(0x100, 0, device).error().code(), EINVAL);
  EXPECT_EQ(bus.add(0xffff, 2, device).error().code(), EINVAL);
  EXPECT_TRUE(bus.add(0xffff, 1, device));
}

}  // namespace
}  // namespace vm_control::vmm
