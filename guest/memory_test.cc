// SPDX-License-Identifier: BSD-3-Clause
#include "guest/memory.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace vm_control::guest {
namespace {

using Bytes = std::vector<uint8_t>;

uintptr_t at(Bytes& bytes, size_t offset) {
  return reinterpret_cast<uintptr_t>(bytes.data()) + offset;
}

uint32_t expected_sum(const Bytes& bytes, size_t from, size_t length) {
  const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(from);
  return std::accumulate(start, start + static_cast<std::ptrdiff_t>(length), uint32_t{0});
}

Bytes random_bytes(size_t size, std::mt19937& random) {
  Bytes bytes(size);
  for (uint8_t& each : bytes) each = static_cast<uint8_t>(random());
  return bytes;
}

TEST(SumBytes, AgreesWithTheObviousSumAtEveryAlignmentAndLength) {
  std::mt19937 random(1);
  Bytes bytes = random_bytes(400, random);
  for (size_t from = 0; from < 8; ++from) {
    for (uint32_t length = 0; length < 390; ++length) {
      ASSERT_EQ(sum_bytes(at(bytes, from), length), expected_sum(bytes, from, length))
          << from << ' ' << length;
    }
  }
}

TEST(SumBytes, AgreesWithTheObviousSumOfManyBlocks) {
  std::mt19937 random(2);
  Bytes bytes = random_bytes(100'000, random);
  for (int i = 0; i < 200; ++i) {
    const size_t from = random() % 1000;
    const uint32_t length = static_cast<uint32_t>(random() % 99'000);
    ASSERT_EQ(sum_bytes(at(bytes, from), length), expected_sum(bytes, from, length));
  }
}

// Fills each set of lanes of the words with the greatest bytes: the carries are greatest here.
TEST(SumBytes, BearsTheGreatestBytes) {
  for (uint32_t lanes = 0; lanes < 16; ++lanes) {
    Bytes bytes(100'000);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = lanes >> (i % 4) & 1 ? 0xff : 0;
    for (uint32_t length : {48u, 1008u, 1056u, 99'996u}) {
      EXPECT_EQ(sum_bytes(at(bytes, 0), length), expected_sum(bytes, 0, length));
    }
  }
}

TEST(SumBytes, WrapsModulo2To32) {
  Bytes bytes(0x0101'0102, 0xff);  // 255 * 0x1010102 is 2^32 + 254
  EXPECT_EQ(sum_bytes(at(bytes, 0), 0x0101'0102), 254u);
}

TEST(FillBytes, WritesTheRangeAndNothingElse) {
  for (size_t from = 0; from < 8; ++from) {
    for (uint32_t length = 0; length < 40; ++length) {
      Bytes bytes(64, 0x11);
      Bytes expected = bytes;
      std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(from), length, uint8_t{0xa5});
      fill_bytes(at(bytes, from), length, 0xa5);
      ASSERT_EQ(bytes, expected) << from << ' ' << length;
    }
  }
}

}  // namespace
}  // namespace vm_control::guest
