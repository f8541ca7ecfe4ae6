// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/event.h"

#include <gtest/gtest.h>

#include <string_view>

#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

struct GoldenEvent {
  const char* name;
  Event event;
  std::string_view hex;
};

class EventGoldenVector : public testing::TestWithParam<GoldenEvent> {};

constexpr VmStatus status_of(VmState state) {
  return {state, 0, 0x10000000, 0x1122334455667788, 3, 2, 4242};
}

constexpr RegionInfo kRegion = {GuestAddress(), 0x3000, Handle(0x10002), kRegionDetached,
                                4242,           1000,   Slot(7)};

constexpr BalloonStatus kBalloon = {BalloonState::kAdjusting, 0, 0x2000000, 1234};

// By hand, from the tables of docs/protocol.md.
INSTANTIATE_TEST_SUITE_P(
    All, EventGoldenVector,
    testing::Values(GoldenEvent{"Lost",
                                {EventType::kLost, 0x1122334455667788, LostEvents{9}},
                                "00020000 00000000 88776655 44332211 09000000 00000000 "
                                "00000000 00000000 00000000 00000000 00000000 00000000"},
                    GoldenEvent{"Exited",
                                {EventType::kExited, 1, status_of(VmState::kExited)},
                                "01020000 00000000 01000000 00000000 00000010 00000000 "
                                "88776655 44332211 03000000 02000000 92100000 00000000"},
                    GoldenEvent{"Paused",
                                {EventType::kPaused, 2, status_of(VmState::kPaused)},
                                "02020000 00000000 02000000 00000000 00000010 00000000 "
                                "88776655 44332211 03000000 02000000 92100000 00000000"},
                    GoldenEvent{"Resumed",
                                {EventType::kResumed, 3, status_of(VmState::kRunning)},
                                "03020000 00000000 03000000 00000000 00000010 00000000 "
                                "88776655 44332211 03000000 02000000 92100000 00000000"},
                    GoldenEvent{"BalloonChanged",
                                {EventType::kBalloonChanged, 4, kBalloon},
                                "04020000 00000000 04000000 00000000 00000002 00000000 "
                                "03000000 d2040000 00000000 00000000 00000000 00000000"},
                    GoldenEvent{"RegionAdded",
                                {EventType::kRegionAdded, 5, kRegion},
                                "05020000 00000000 05000000 00000000 00300000 00000000 "
                                "02000100 00000000 04000000 92100000 e8030000 07000000"},
                    GoldenEvent{"RegionRemoved",
                                {EventType::kRegionRemoved, 6, kRegion},
                                "06020000 00000000 06000000 00000000 00300000 00000000 "
                                "02000100 00000000 04000000 92100000 e8030000 07000000"},
                    GoldenEvent{"RegionQuarantined",
                                {EventType::kRegionQuarantined, 7, kRegion},
                                "07020000 00000000 07000000 00000000 00300000 00000000 "
                                "02000100 00000000 04000000 92100000 e8030000 07000000"}),
    [](const auto& test) { return test.param.name; });

TEST_P(EventGoldenVector, IsWhatEncodeWrites) {
  EXPECT_EQ(to_hex(encode(GetParam().event)), GetParam().hex);
}

TEST_P(EventGoldenVector, DecodesToTheSameEvent) {
  auto event = decode_event(from_hex<kResponseSize>(GetParam().hex));
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(*event, GetParam().event);
}

TEST_P(EventGoldenVector, DecodesWhateverTheReservedBytesAre) {
  auto frame = from_hex<kResponseSize>(GetParam().hex);
  store(frame, 4, UINT32_MAX);
  EXPECT_EQ(*decode_event(frame), GetParam().event);
}

TEST(EncodeEvent, LeavesOutWhatAnEventHasNoRoomFor) {
  RegionInfo region = kRegion;
  region.address = GuestAddress(0x180000000);
  EXPECT_EQ(encode(Event{EventType::kRegionAdded, 5, region}),
            encode(Event{EventType::kRegionAdded, 5, kRegion}));
  VmStatus status = status_of(VmState::kExited);
  status.vcpus = 4;
  EXPECT_EQ(encode(Event{EventType::kExited, 1, status}),
            encode(Event{EventType::kExited, 1, status_of(VmState::kExited)}));
  BalloonStatus balloon = kBalloon;
  balloon.target_bytes = 0x4000000;
  EXPECT_EQ(encode(Event{EventType::kBalloonChanged, 4, balloon}),
            encode(Event{EventType::kBalloonChanged, 4, kBalloon}));
}

TEST(DecodeEvent, RefusesUnknownTypes) {
  for (uint32_t type : {0u, 1u, 0x112u, 0x1ffu, 0x208u, UINT32_MAX}) {
    EXPECT_EQ(decode_event(response_frame(type)).error().code(), EPROTO) << type;
  }
}

TEST(DecodeEvent, RefusesEverySizeButItsOwn) {
  std::array<std::byte, 2 * kResponseSize> bytes{};
  bytes[1] = std::byte{2};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    auto event = decode_event(std::span(bytes).first(size));
    ASSERT_EQ(event.has_value(), size == kResponseSize) << size;
    if (!event) {
      EXPECT_EQ(event.error().code(), EPROTO);
    }
  }
}

TEST(EventBit, IsInTheMaskOfAllUnlessTheEventIsForEverybody) {
  EXPECT_EQ(event_bit(EventType::kExited), 2u);
  EXPECT_EQ(event_bit(EventType::kRegionQuarantined), 0x80u);
  uint32_t all = 0;
  for (uint32_t type = 0x201; type <= 0x207; ++type) all |= event_bit(EventType{type});
  EXPECT_EQ(all, kAllEvents);
}

}  // namespace
}  // namespace vm_control
