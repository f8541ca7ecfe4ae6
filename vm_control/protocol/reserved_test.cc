// SPDX-License-Identifier: BSD-3-Clause
// Reserved bits of an extended request must be zero, so that they can get a meaning later.
#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "vm_control/protocol/request.h"
#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

// The frame of a request that is accepted, and a mask of the bits that it uses. All other bits are
// reserved, or belong to a field that the flags of this frame leave unused.
struct Layout {
  const char* name;
  std::string_view frame;
  std::string_view used;
};

constexpr std::string_view kNothing =
    "ffffffff 00000000 00000000 00000000 00000000 00000000 00000000 00000000";
constexpr std::string_view kHandle =
    "ffffffff 00000000 ffffffff ffffffff 00000000 00000000 00000000 00000000";
constexpr std::string_view kWordAt4 =
    "ffffffff ffffffff 00000000 00000000 00000000 00000000 00000000 00000000";

class ReservedBits : public testing::TestWithParam<Layout> {};

INSTANTIATE_TEST_SUITE_P(
    All, ReservedBits,
    testing::Values(
        Layout{"Hello", "00010000 03000000 00000000 00000000 00000000 00000000 00000000 00000000",
               kWordAt4},
        Layout{"MapMemory",
               "10010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 0f000000 ffffffff ffffffff ffffffff ffffffff 00000000 00000000"},
        Layout{"MapMemoryAtAnAddress",
               "10010000 02000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 0f000000 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff"},
        Layout{"UnmapMemory",
               "11010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kHandle},
        Layout{"NextRegionFirst",
               "12010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 03000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Layout{"NextRegionAfter",
               "12010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 03000000 ffffffff ffffffff 00000000 00000000 00000000 00000000"},
        Layout{"ReadDirtyLog",
               "13010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kHandle},
        // RegisterIoeventRequest.HasALengthThatAGuestWrites tests the length.
        Layout{"RegisterIoevent",
               "20010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 07000000 ffffffff ffffffff 00000000 00000000 0f000000 00000000"},
        Layout{"RegisterIoeventOfAValue",
               "20010000 02000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 07000000 ffffffff ffffffff ffffffff ffffffff 0f000000 00000000"},
        Layout{"RegisterIrqfd",
               "21010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kWordAt4},
        Layout{"UnregisterEvent",
               "22010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kHandle},
        // BalloonSetRequest.IsOfWholePages tests the low bits.
        Layout{"BalloonSet",
               "30010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff 00000000 00f0ffff ffffffff 00000000 00000000 00000000 00000000"},
        Layout{"BalloonStatus",
               "31010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kNothing},
        Layout{"BalloonStats",
               "32010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kNothing},
        Layout{"Status", "40010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               kNothing},
        Layout{"Pause", "41010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               kNothing},
        Layout{"Resume", "42010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               kNothing},
        Layout{"PowerButton",
               "43010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", kNothing},
        Layout{"Subscribe",
               "50010000 fe000000 00000000 00000000 00000000 00000000 00000000 00000000",
               "ffffffff fe000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Layout{"OpenSession",
               "51010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
               kNothing}),
    [](const auto& test) { return test.param.name; });

// The errno that decoding `frame` fails with; nothing if it succeeds.
std::optional<int> refusal(const RequestFrame& frame, UniqueFd fd) {
  auto request = decode_request(frame, fd);
  if (request) return std::nullopt;
  return request.error().code();
}

TEST_P(ReservedBits, AreRefusedOneByOneAndAllOthersAreNot) {
  auto frame = from_hex<kRequestSize>(GetParam().frame);
  auto used = from_hex<kRequestSize>(GetParam().used);
  ASSERT_EQ(refusal(frame, open_null()), std::nullopt);
  for (size_t bit = 32; bit < 8 * kRequestSize; ++bit) {
    auto mask = std::byte(1 << bit % 8);
    auto flipped = frame;
    flipped.at(bit / 8) ^= mask;
    bool is_used = (used.at(bit / 8) & mask) != std::byte{0};
    auto expected = is_used ? std::nullopt : std::optional(EINVAL);
    EXPECT_EQ(refusal(flipped, open_null()), expected) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST_P(ReservedBits, AreLookedAtBeforeTheDescriptorIs) {
  auto frame = from_hex<kRequestSize>(GetParam().frame);
  frame.at(kRequestSize - 1) = std::byte{0x80};
  if (from_hex<kRequestSize>(GetParam().used).at(kRequestSize - 1) == std::byte{0}) {
    EXPECT_EQ(refusal(frame, UniqueFd()), EINVAL);
  }
}

TEST(FieldsThatTheFlagsLeaveUnused, HaveToBeZero) {
  auto address_without_fixed = request_frame(0x110);
  store(address_without_fixed, 24, uint64_t{0x1000});
  EXPECT_EQ(refusal(address_without_fixed, open_null()), EINVAL);

  auto after_with_first = request_frame(0x112);
  store(after_with_first, 4, 1u);
  store(after_with_first, 8, uint64_t{0x1000});
  EXPECT_EQ(refusal(after_with_first, UniqueFd()), EINVAL);

  auto datamatch_without_its_flag = request_frame(0x120);
  store(datamatch_without_its_flag, 4, 1u);
  store(datamatch_without_its_flag, 16, uint64_t{1});
  EXPECT_EQ(refusal(datamatch_without_its_flag, open_null()), EINVAL);
}

TEST(RegisterIoeventRequest, HasALengthThatAGuestWrites) {
  for (uint32_t length = 0; length <= 16; ++length) {
    auto frame = request_frame(0x120);
    store(frame, 24, length);
    bool known = length == 0 || length == 1 || length == 2 || length == 4 || length == 8;
    EXPECT_EQ(refusal(frame, open_null()), known ? std::nullopt : std::optional(EINVAL)) << length;
  }
}

TEST(BalloonSetRequest, IsOfWholePages) {
  auto frame = request_frame(0x130);
  for (uint64_t bytes : {uint64_t{1}, uint64_t{4095}, uint64_t{4097}, UINT64_MAX}) {
    store(frame, 8, bytes);
    EXPECT_EQ(refusal(frame, UniqueFd()), EINVAL) << bytes;
  }
  store(frame, 8, UINT64_MAX - 4095);
  EXPECT_EQ(refusal(frame, UniqueFd()), std::nullopt);
}

TEST(SubscribeRequest, IsForAtLeastOneEventAndForNoUnknownOne) {
  auto frame = request_frame(0x150);
  for (uint32_t events : {0u, 1u, 0x3u, 0x100u, 0xffffu}) {
    store(frame, 4, events);
    EXPECT_EQ(refusal(frame, UniqueFd()), EINVAL) << events;
  }
  for (uint32_t events : {2u, 0x80u, 0xfeu}) {
    store(frame, 4, events);
    EXPECT_EQ(refusal(frame, UniqueFd()), std::nullopt) << events;
  }
}

TEST(HelloRequest, IsNotOfVersionZero) {
  EXPECT_EQ(refusal(request_frame(0x100), UniqueFd()), EINVAL);
  auto frame = request_frame(0x100);
  store(frame, 4, UINT32_MAX);
  EXPECT_EQ(refusal(frame, UniqueFd()), std::nullopt);
}

}  // namespace
}  // namespace vm_control
