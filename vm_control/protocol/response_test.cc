// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/response.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

constexpr GpuMemoryDesc kPlanes = {{{{32, 84}, {48, 96}, {64, 112}}}};

TEST(EncodeResponse, WritesTheLayoutOfThe2018Protocol) {
  EXPECT_EQ(to_hex(encode(Response(response::Ok{})).bytes),
            "01000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
            "00000000 00000000 00000000");
  EXPECT_EQ(to_hex(encode(Response(response::Err{EDESTADDRREQ})).bytes),
            "02000000 59000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
            "00000000 00000000 00000000");
  EXPECT_EQ(to_hex(encode(Response(response::Memory{PageFrameNumber(55), Slot(66)})).bytes),
            "03000000 00000000 37000000 00000000 42000000 00000000 00000000 00000000 00000000 "
            "00000000 00000000 00000000");
  Response gpu = response::GpuMemory{open_null(), PageFrameNumber(55), Slot(66), kPlanes};
  EXPECT_EQ(to_hex(encode(gpu).bytes),
            "04000000 00000000 37000000 00000000 42000000 20000000 30000000 40000000 54000000 "
            "60000000 70000000 00000000");
  EXPECT_GE(encode(gpu).fd, 0);
}

TEST(EncodeResponse, NeverSendsAnErrnoThatIsNone) {
  for (int code : {0, -1, -22}) {
    auto frame = encode(Response(response::Err{code})).bytes;
    EXPECT_EQ(load<uint32_t>(frame, 4), uint32_t{ERANGE}) << code;
  }
}

TEST(DecodeResponse, TakesEveryVariantBack) {
  EXPECT_TRUE(
      std::holds_alternative<response::Ok>(*decode_response(response_frame(1), UniqueFd())));

  auto err = decode_response(encode(Response(response::Err{EDESTADDRREQ})).bytes, UniqueFd());
  EXPECT_EQ(std::get<response::Err>(*err).code, EDESTADDRREQ);

  Response memory = response::Memory{PageFrameNumber(55), Slot(66)};
  auto decoded = decode_response(encode(memory).bytes, UniqueFd());
  EXPECT_EQ(std::get<response::Memory>(*decoded).pfn, PageFrameNumber(55));
  EXPECT_EQ(std::get<response::Memory>(*decoded).slot, Slot(66));

  Response gpu = response::GpuMemory{open_null(), PageFrameNumber(55), Slot(66), kPlanes};
  auto buffer = decode_response(encode(gpu).bytes, open_null());
  ASSERT_TRUE(buffer);
  EXPECT_GE(std::get<response::GpuMemory>(*buffer).fd.get(), 0);
  EXPECT_EQ(std::get<response::GpuMemory>(*buffer).pfn, PageFrameNumber(55));
  EXPECT_EQ(std::get<response::GpuMemory>(*buffer).slot, Slot(66));
  EXPECT_EQ(std::get<response::GpuMemory>(*buffer).desc, kPlanes);
}

// crosvm's 2018 server leaks four bytes of its stack there.
TEST(DecodeResponse, IgnoresThePadding) {
  ResponseFrame frame = response_frame(1);
  store(frame, 44, uint32_t{0xdeadbeef});
  EXPECT_TRUE(decode_response(frame, UniqueFd()));
}

TEST(DecodeResponse, ReportsAnErrnoThatIsNoneAsAProtocolError) {
  for (uint32_t code : {0u, 0x8000'0000u, UINT32_MAX}) {
    EXPECT_EQ(decode_response(response_frame(2, code), UniqueFd()).error().code(), EPROTO) << code;
  }
  EXPECT_EQ(
      std::get<response::Err>(*decode_response(response_frame(2, INT32_MAX), UniqueFd())).code,
      INT32_MAX);
}

TEST(DecodeResponse, RefusesEverySizeButItsOwn) {
  std::array<std::byte, 2 * kResponseSize> bytes{};
  bytes[0] = std::byte{1};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    auto response = decode_response(std::span(bytes).first(size), UniqueFd());
    ASSERT_EQ(response.has_value(), size == kResponseSize) << size;
    if (!response) {
      EXPECT_EQ(response.error().code(), EPROTO);
    }
  }
}

TEST(DecodeResponse, RefusesUnknownTypesAndAMissingFileDescriptor) {
  ResponseFrame twelves;
  twelves.fill(std::byte{12});
  EXPECT_EQ(decode_response(twelves, UniqueFd()).error().code(), EPROTO);
  EXPECT_EQ(decode_response(response_frame(0), UniqueFd()).error().code(), EPROTO);
  EXPECT_EQ(decode_response(response_frame(4), UniqueFd()).error().code(), EPROTO);
}

TEST(DecodeResponse, ClosesAFileDescriptorThatTheResponseDoesNotTake) {
  UniqueFd fd = open_null();
  int number = fd.get();
  ASSERT_TRUE(decode_response(response_frame(1), std::move(fd)));
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace vm_control
