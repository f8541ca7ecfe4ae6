// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

// Decodes `frame` as if no descriptor came with it.
Result<Request> decode_bare(std::span<const std::byte> frame) {
  UniqueFd none;
  return decode_request(frame, none);
}

// Decodes `frame` with a descriptor.
Result<Request> decode_with_fd(std::span<const std::byte> frame) {
  UniqueFd fd = open_null();
  return decode_request(frame, fd);
}

struct Golden {
  const char* name;
  Request (*request)();
  std::string_view hex;
  bool carries_fd = false;
};

class RequestGoldenVector : public testing::TestWithParam<Golden> {};

// The bytes that crosvm's 2018 client sends.
INSTANTIATE_TEST_SUITE_P(
    Classic, RequestGoldenVector,
    testing::Values(
        Golden{"Exit", []() -> Request { return request::Exit{}; },
               "01000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"RegisterMemory",
               []() -> Request {
                 return request::RegisterMemory{open_null(), 0x1122334455667000};
               },
               "02000000 00000000 00706655 44332211 00000000 00000000 00000000 00000000", true},
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

// By hand, from the tables of docs/protocol.md.
INSTANTIATE_TEST_SUITE_P(
    Extended, RequestGoldenVector,
    testing::Values(
        Golden{"Hello", []() -> Request { return request::Hello{1}; },
               "00010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"MapMemory",
               []() -> Request {
                 return request::MapMemory{open_null(), 0x1122334455667000, 0x3000};
               },
               "10010000 00000000 00706655 44332211 00300000 00000000 00000000 00000000", true},
        Golden{"MapMemoryReadOnly",
               []() -> Request {
                 return request::MapMemory{
                     .fd = open_null(), .size = 0x1000, .flags = {.read_only = true}};
               },
               "10010000 01000000 00100000 00000000 00000000 00000000 00000000 00000000", true},
        Golden{"MapMemoryAtAnAddress",
               []() -> Request {
                 return request::MapMemory{open_null(), 0x1000, 0, GuestAddress(0x180000000)};
               },
               "10010000 02000000 00100000 00000000 00000000 00000000 00000080 01000000", true},
        Golden{"MapMemoryDetached",
               []() -> Request {
                 return request::MapMemory{.fd = open_null(), .size = 0x1000, .detached = true};
               },
               "10010000 04000000 00100000 00000000 00000000 00000000 00000000 00000000", true},
        Golden{"MapMemoryWithADirtyLog",
               []() -> Request {
                 return request::MapMemory{
                     .fd = open_null(), .size = 0x1000, .flags = {.log_dirty = true}};
               },
               "10010000 08000000 00100000 00000000 00000000 00000000 00000000 00000000", true},
        Golden{"UnmapMemory",
               []() -> Request { return request::UnmapMemory{Handle(0x1122334455667788)}; },
               "11010000 00000000 88776655 44332211 00000000 00000000 00000000 00000000"},
        Golden{"NextRegionFirst", []() -> Request { return request::NextRegion{}; },
               "12010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"NextRegionAfter",
               []() -> Request { return request::NextRegion{GuestAddress(0x180000000)}; },
               "12010000 00000000 00000080 01000000 00000000 00000000 00000000 00000000"},
        Golden{"NextRegionOfTheLayout",
               []() -> Request {
                 return request::NextRegion{{}, true};
               },
               "12010000 03000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"ReadDirtyLog", []() -> Request { return request::ReadDirtyLog{Handle(0x10002)}; },
               "13010000 00000000 02000100 00000000 00000000 00000000 00000000 00000000"},
        Golden{"RegisterIoevent",
               []() -> Request {
                 return request::RegisterIoevent{open_null(),
                                                 {Ioevent::Space::kMemory, 0xd0000000, 0, {}}};
               },
               "20010000 00000000 000000d0 00000000 00000000 00000000 00000000 00000000", true},
        Golden{"RegisterIoeventOfAPortAndAValue",
               []() -> Request {
                 return request::RegisterIoevent{
                     open_null(), {Ioevent::Space::kPort, 0x3f8, 4, 0x1122334455667788}};
               },
               "20010000 03000000 f8030000 00000000 88776655 44332211 04000000 00000000", true},
        Golden{"RegisterIrqfd",
               []() -> Request {
                 return request::RegisterIrqfd{open_null(), 5};
               },
               "21010000 05000000 00000000 00000000 00000000 00000000 00000000 00000000", true},
        Golden{"UnregisterEvent",
               []() -> Request { return request::UnregisterEvent{Handle(0x30001)}; },
               "22010000 00000000 01000300 00000000 00000000 00000000 00000000 00000000"},
        Golden{"BalloonSet", []() -> Request { return request::BalloonSet{0x1122334455667000}; },
               "30010000 00000000 00706655 44332211 00000000 00000000 00000000 00000000"},
        Golden{"BalloonStatus", []() -> Request { return request::BalloonStatus{}; },
               "31010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"BalloonStats", []() -> Request { return request::BalloonStats{}; },
               "32010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"Status", []() -> Request { return request::Status{}; },
               "40010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"Pause", []() -> Request { return request::Pause{}; },
               "41010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"Resume", []() -> Request { return request::Resume{}; },
               "42010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"PowerButton", []() -> Request { return request::PowerButton{}; },
               "43010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"Subscribe", []() -> Request { return request::Subscribe{0xe2}; },
               "50010000 e2000000 00000000 00000000 00000000 00000000 00000000 00000000"},
        Golden{"OpenSession", []() -> Request { return request::OpenSession{}; },
               "51010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"}),
    [](const auto& test) { return test.param.name; });

TEST_P(RequestGoldenVector, IsWhatEncodeWrites) {
  Request request = GetParam().request();
  EncodedRequest encoded = encode(request);
  EXPECT_EQ(to_hex(encoded.bytes), GetParam().hex);
  EXPECT_EQ(encoded.fd >= 0, GetParam().carries_fd);
}

TEST_P(RequestGoldenVector, DecodesToTheSameRequest) {
  auto decoded = decode_with_fd(from_hex<kRequestSize>(GetParam().hex));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->index(), GetParam().request().index());
  EXPECT_EQ(to_hex(encode(*decoded).bytes), GetParam().hex);
}

TEST_P(RequestGoldenVector, TakesTheDescriptorThatItNeedsAndNoOther) {
  auto frame = from_hex<kRequestSize>(GetParam().hex);
  UniqueFd fd = open_null();
  int number = fd.get();
  auto decoded = decode_request(frame, fd);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(fd.get(), GetParam().carries_fd ? -1 : number);
  EXPECT_EQ(encode(*decoded).fd, GetParam().carries_fd ? number : -1);

  auto bare = decode_bare(frame);
  ASSERT_EQ(bare.has_value(), !GetParam().carries_fd);
  if (!bare) {
    EXPECT_EQ(bare.error().code(), EBADF);
  }
}

TEST(CarriedFd, IsTheDescriptorOfTheRequestIfItHasOne) {
  UniqueFd fd = open_null();
  Request irqfd = request::RegisterIrqfd{MaybeOwnedFd::borrow(fd.get()), 5};
  ASSERT_TRUE(carried_fd(irqfd));
  EXPECT_EQ(carried_fd(irqfd)->get(), fd.get());
  Request status = request::Status{};
  EXPECT_FALSE(carried_fd(status));
}

TEST(DecodeRequest, LeavesTheDescriptorOfARequestThatItRefuses) {
  UniqueFd fd = open_null();
  auto frame = request_frame(0x110);
  store(frame, 4, UINT32_MAX);
  EXPECT_EQ(decode_request(frame, fd).error().code(), EINVAL);
  EXPECT_TRUE(fd);
}

TEST(DecodeRequest, RefusesEverySizeButItsOwn) {
  std::array<std::byte, 4 * kRequestSize> bytes{};
  bytes[0] = std::byte{1};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    auto request = decode_bare(std::span(bytes).first(size));
    ASSERT_EQ(request.has_value(), size == kRequestSize) << size;
    if (!request) {
      EXPECT_EQ(request.error().code(), EMSGSIZE);
    }
  }
}

TEST(DecodeRequest, RefusesUnknownTypes) {
  RequestFrame twelves;
  twelves.fill(std::byte{12});
  EXPECT_EQ(decode_bare(twelves).error().code(), EOPNOTSUPP);
  for (uint32_t type : {0u, 6u, 7u, 0xffu, 0x101u, 0x12fu, 0x133u, 0x144u, 0x152u, 0x200u,
                        0x0100'0001u, UINT32_MAX}) {
    EXPECT_EQ(decode_bare(request_frame(type)).error().code(), EOPNOTSUPP) << type;
  }
}

}  // namespace
}  // namespace vm_control
