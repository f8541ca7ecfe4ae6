// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>

#include <string_view>

#include "vm_control/protocol/response.h"
#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

struct GoldenResponse {
  const char* name;
  Response (*response)();
  std::string_view hex;
  bool carries_fd = false;
};

class ResponseGoldenVector : public testing::TestWithParam<GoldenResponse> {};

// By hand, from the tables of docs/protocol.md.
INSTANTIATE_TEST_SUITE_P(
    Extended, ResponseGoldenVector,
    testing::Values(
        GoldenResponse{"Hello",
                       []() -> Response {
                         return response::Hello{
                             0x8000000000000001, 1,   Rights::from_mask(0x26), 509, 64,
                             0x200000000,        4242};
                       },
                       "00010000 00000000 01000000 00000080 01000000 26000000 "
                       "fd010000 40000000 00000000 02000000 92100000 00000000"},
        GoldenResponse{"MappedMemory",
                       []() -> Response {
                         return response::MappedMemory{GuestAddress(0x180000000),
                                                       Handle(0x1122334455667788), 0x3000, Slot(7)};
                       },
                       "10010000 00000000 00000080 01000000 88776655 44332211 "
                       "00300000 00000000 07000000 00000000 00000000 00000000"},
        GoldenResponse{"Region",
                       []() -> Response {
                         return response::Region{
                             {GuestAddress(0x180000000), 0x3000, Handle(0x10002),
                              kRegionReadOnly | kRegionQuarantined, 4242, 1000, Slot(7)}};
                       },
                       "12010000 00000000 00000080 01000000 00300000 00000000 "
                       "02000100 00000000 11000000 92100000 e8030000 07000000"},
        GoldenResponse{"RegionOfTheLayout",
                       []() -> Response {
                         return response::Region{{GuestAddress(0xc0000000), 0x40000000, Handle(),
                                                  kLayoutHole, 0, 0, Slot()}};
                       },
                       "12010000 00000000 000000c0 00000000 00000040 00000000 "
                       "00000000 00000000 00020000 00000000 00000000 00000000"},
        GoldenResponse{"DirtyLog",
                       []() -> Response {
                         return response::DirtyLog{open_null(), 0x10008};
                       },
                       "13010000 00000000 08000100 00000000 00000000 00000000 "
                       "00000000 00000000 00000000 00000000 00000000 00000000",
                       true},
        GoldenResponse{"IoeventRegistered",
                       []() -> Response { return response::IoeventRegistered{Handle(0x10003)}; },
                       "20010000 00000000 03000100 00000000 00000000 00000000 "
                       "00000000 00000000 00000000 00000000 00000000 00000000"},
        GoldenResponse{"IrqfdRegistered",
                       []() -> Response { return response::IrqfdRegistered{Handle(0x10004)}; },
                       "21010000 00000000 04000100 00000000 00000000 00000000 "
                       "00000000 00000000 00000000 00000000 00000000 00000000"},
        GoldenResponse{
            "BalloonStatus",
            []() -> Response {
              return response::BalloonStatus{{BalloonState::kStuck, 0x4000000, 0x2000000, 5678}};
            },
            "31010000 00000000 00000004 00000000 00000002 00000000 "
            "04000000 2e160000 00000000 00000000 00000000 00000000"},
        GoldenResponse{"BalloonStats",
                       []() -> Response {
                         return response::BalloonStats{
                             {0x1122334455667788, 0x3000000, 0x8000000, 0x1000000, 250}};
                       },
                       "32010000 00000000 88776655 44332211 00000003 00000000 "
                       "00000008 00000000 00000001 00000000 fa000000 00000000"},
        GoldenResponse{"BalloonStatsOfAFewNumbers",
                       []() -> Response {
                         return response::BalloonStats{
                             {.free_bytes = 0, .total_bytes = 0x8000000, .age_ms = UINT32_MAX}};
                       },
                       "32010000 00000000 00000000 00000000 ffffffff ffffffff "
                       "00000008 00000000 ffffffff ffffffff ffffffff 00000000"},
        GoldenResponse{"Status",
                       []() -> Response {
                         return response::Status{
                             {VmState::kPaused, 4, 0x10000000, 0x1122334455667788, 3, 2, 4242}};
                       },
                       "40010000 00000000 02000000 04000000 00000010 00000000 "
                       "88776655 44332211 03000000 02000000 92100000 00000000"},
        GoldenResponse{"Subscribed",
                       []() -> Response {
                         return response::Subscribed{VmState::kExited, open_null()};
                       },
                       "50010000 00000000 03000000 00000000 00000000 00000000 "
                       "00000000 00000000 00000000 00000000 00000000 00000000",
                       true},
        GoldenResponse{"SessionOpened",
                       []() -> Response { return response::SessionOpened{open_null()}; },
                       "51010000 00000000 00000000 00000000 00000000 00000000 "
                       "00000000 00000000 00000000 00000000 00000000 00000000",
                       true}),
    [](const auto& test) { return test.param.name; });

TEST_P(ResponseGoldenVector, IsWhatEncodeWrites) {
  Response response = GetParam().response();
  EncodedResponse encoded = encode(response);
  EXPECT_EQ(to_hex(encoded.bytes), GetParam().hex);
  EXPECT_EQ(encoded.fd >= 0, GetParam().carries_fd);
}

TEST_P(ResponseGoldenVector, DecodesToTheSameResponse) {
  auto decoded = decode_response(from_hex<kResponseSize>(GetParam().hex), open_null());
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->index(), GetParam().response().index());
  EXPECT_EQ(to_hex(encode(*decoded).bytes), GetParam().hex);
}

TEST_P(ResponseGoldenVector, NeedsItsDescriptorAndClosesAnyOther) {
  auto frame = from_hex<kResponseSize>(GetParam().hex);
  auto bare = decode_response(frame, UniqueFd());
  ASSERT_EQ(bare.has_value(), !GetParam().carries_fd);
  if (!bare) {
    EXPECT_EQ(bare.error().code(), EPROTO);
  }
  UniqueFd fd = open_null();
  int number = fd.get();
  auto decoded = decode_response(frame, std::move(fd));
  EXPECT_EQ(fcntl(number, F_GETFD) >= 0, GetParam().carries_fd);
}

// A newer server may use them.
TEST_P(ResponseGoldenVector, DecodesWhateverTheReservedBytesAre) {
  auto frame = from_hex<kResponseSize>(GetParam().hex);
  store(frame, 4, UINT32_MAX);
  auto decoded = decode_response(frame, open_null());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(to_hex(encode(*decoded).bytes), GetParam().hex);
}

TEST(DecodeExtendedResponse, DropsRightsThatItDoesNotKnow) {
  auto frame = response_frame(0x100);
  store(frame, 20, 0x8000'0081u);
  auto hello = decode_response(frame, UniqueFd());
  EXPECT_EQ(std::get<response::Hello>(*hello).allowed, Rights(Right::kLifecycle));
}

TEST(DecodeExtendedResponse, LeavesOutWhatTheGuestDidNotTell) {
  auto frame = encode(response::BalloonStats{{.free_bytes = 0, .age_ms = 7}}).bytes;
  auto stats = decode_response(frame, UniqueFd());
  EXPECT_EQ(std::get<response::BalloonStats>(*stats).stats,
            (BalloonStats{.free_bytes = 0, .age_ms = 7}));
}

TEST(DecodeExtendedResponse, RefusesTheTypesThatAreAnsweredByOk) {
  for (uint32_t type : {0xffu, 0x111u, 0x122u, 0x130u, 0x133u, 0x141u, 0x142u, 0x143u, 0x200u}) {
    EXPECT_EQ(decode_response(response_frame(type), open_null()).error().code(), EPROTO) << type;
  }
}

}  // namespace
}  // namespace vm_control
