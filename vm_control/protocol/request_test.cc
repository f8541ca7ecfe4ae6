// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

struct Golden {
  const char* name;
  Request (*request)();
  std::string_view hex;
};

class RequestGoldenVector : public testing::TestWithParam<Golden> {};

// The bytes that the original client sends.
INSTANTIATE_TEST_SUITE_P(
    All, RequestGoldenVector,
    testing::Values(
        Golden{"Exit", []() -> Request { return request::Exit{}; },
               "01000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"RegisterMemory",
               []() -> Request {
                 return request::RegisterMemory{open_null(), 0x1122334455667000};
               },
               "02000000 00000000 00706655 44332211 00000000 00000000 00000000 00000000"},
        Golden{"UnregisterMemory",
               []() -> Request { return request::UnregisterMemory{Slot(0xa1b2c3d4)}; },
               "03000000 d4c3b2a1 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"BalloonAdjustUp", []() -> Request { return request::BalloonAdjust{5}; },
               "04000000 00000000 00000000 00000000 05000000 00000000 00000000 00000000"},
        Golden{"BalloonAdjustDown", []() -> Request { return request::BalloonAdjust{-3}; },
               "04000000 00000000 00000000 00000000 fdffffff 00000000 00000000 00000000"},
        Golden{"Gpu",
               []() -> Request {
                 return request::AllocateAndRegisterGpuMemory{640, 480, 0x34325258};
               },
               "05000000 00000000 00000000 00000000 00000000 80020000 e0010000 58523234"}),
    [](const auto& test) { return test.param.name; });

TEST_P(RequestGoldenVector, IsWhatEncodeWrites) {
  Request request = GetParam().request();
  auto encoded = encode(request);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(to_hex(encoded->bytes), GetParam().hex);
  EXPECT_EQ(encoded->fd >= 0, std::holds_alternative<request::RegisterMemory>(request));
}

TEST_P(RequestGoldenVector, DecodesToTheSameRequest) {
  auto decoded = decode_request(from_hex<kRequestSize>(GetParam().hex), open_null());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->index(), GetParam().request().index());
  auto again = encode(*decoded);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_hex(again->bytes), GetParam().hex);
}

TEST(DecodeRequest, RegisterMemoryTakesTheFileDescriptor) {
  UniqueFd fd = open_null();
  int number = fd.get();
  auto request = decode_request(request_frame(2), std::move(fd));
  ASSERT_TRUE(request);
  EXPECT_EQ(std::get<request::RegisterMemory>(*request).fd.get(), number);
}

TEST(DecodeRequest, ExpectsAFileDescriptor) {
  EXPECT_EQ(decode_request(request_frame(2), UniqueFd()).error().code(), EBADF);
}

TEST(DecodeRequest, ClosesAFileDescriptorThatTheRequestDoesNotTake) {
  UniqueFd fd = open_null();
  int number = fd.get();
  ASSERT_TRUE(decode_request(request_frame(1), std::move(fd)));
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(DecodeRequest, RefusesEverySizeButItsOwn) {
  std::array<std::byte, 4 * kRequestSize> bytes{};
  bytes[0] = std::byte{1};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    auto request = decode_request(std::span(bytes).first(size), UniqueFd());
    ASSERT_EQ(request.has_value(), size == kRequestSize) << size;
    if (!request) {
      EXPECT_EQ(request.error().code(), EMSGSIZE);
    }
  }
}

TEST(DecodeRequest, RefusesUnknownTypes) {
  RequestFrame twelves;
  twelves.fill(std::byte{12});
  EXPECT_EQ(decode_request(twelves, UniqueFd()).error().code(), EOPNOTSUPP);
  for (uint32_t type : {0u, 6u, 7u, 0xffu, 0x0100'0001u, UINT32_MAX}) {
    EXPECT_EQ(decode_request(request_frame(type), UniqueFd()).error().code(), EOPNOTSUPP) << type;
  }
}

TEST(EncodeRequest, RefusesWhatIsLocalToTheProcess) {
  EXPECT_EQ(encode(Request(request::RegisterIoevent{})).error().code(), EOPNOTSUPP);
  EXPECT_EQ(encode(Request(request::RegisterIrqfd{})).error().code(), EOPNOTSUPP);
}

}  // namespace
}  // namespace vm_control
