// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/byte_device.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "vmm/bus/bus.h"

namespace vm_control::vmm {
namespace {

class ByteRecorder final : public ByteDevice {
 public:
  uint8_t read_byte(uint64_t offset) override { return static_cast<uint8_t>(0x40 + offset); }
  void write_byte(uint64_t offset, uint8_t value) override { writes.emplace_back(offset, value); }

  std::vector<std::pair<uint64_t, uint8_t>> writes;
};

using Bytes = std::vector<std::byte>;
using ByteWrites = std::vector<std::pair<uint64_t, uint8_t>>;

class ByteDeviceTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ports_.add(0x100, 4, device_)); }

  ByteRecorder device_;
  Bus ports_{0xffff};
};

TEST_F(ByteDeviceTest, GetsAWideAccessAsOneAByte) {
  ports_.write(0x101, Bytes{std::byte{1}, std::byte{2}});
  EXPECT_EQ(device_.writes, (ByteWrites{{1, 1}, {2, 2}}));
  Bytes data(4);
  ports_.read(0x100, data);
  EXPECT_EQ(data, (Bytes{std::byte{0x40}, std::byte{0x41}, std::byte{0x42}, std::byte{0x43}}));
}

TEST_F(ByteDeviceTest, GetsTheBytesOfAnAccessThatLeavesIt) {
  ports_.write(0x102, Bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
  EXPECT_EQ(device_.writes, (ByteWrites{{2, 1}, {3, 2}}));
  Bytes data(4);
  ports_.read(0xff, data);
  EXPECT_EQ(data, (Bytes{std::byte{0xff}, std::byte{0x40}, std::byte{0x41}, std::byte{0x42}}));
}

}  // namespace
}  // namespace vm_control::vmm
