// SPDX-License-Identifier: BSD-3-Clause
// Random frames: decoding and encoding agree on every one.
#include <gtest/gtest.h>

#include <random>

#include "vm_control/base/page.h"
#include "vm_control/protocol/event.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

constexpr int kRounds = 200'000;

class ProtocolProperty : public testing::Test {
 protected:
  // Three of four frames get a type that may be known, and have zeros in three of four words,
  // because a request with reserved bits set is refused.
  template <size_t N>
  std::array<std::byte, N> random_frame() {
    std::array<std::byte, N> frame{};
    bool is_sparse = random_() % 4 != 0;
    for (size_t at = 0; at < N; at += 4) {
      auto word = static_cast<uint32_t>(random_() >> random_() % 32);
      if (!is_sparse || random_() % 4 == 0) store(frame, at, word);
    }
    if (is_sparse) store(frame, 0, random_type());
    return frame;
  }

  uint32_t random_type() {
    auto low = static_cast<uint32_t>(random_());
    switch (random_() % 3) {
      case 0:
        return low % 8;
      case 1:
        return 0x100 + low % 0x58;
      default:
        return 0x200 + low % 9;
    }
  }

  UniqueFd maybe_fd() { return random_() % 2 ? open_null() : UniqueFd(); }
  uint64_t random() { return random_(); }
  uint32_t random32() { return static_cast<uint32_t>(random_()); }
  bool flip() { return random_() % 2; }

  // Returns `request` after it was encoded and decoded.
  template <class T>
  T through_the_wire(T request) {
    EncodedRequest encoded = encode(Request(std::move(request)));
    UniqueFd fd = open_null();
    auto decoded = decode_request(encoded.bytes, fd);
    EXPECT_TRUE(decoded);
    return std::get<T>(std::move(*decoded));
  }

 private:
  std::mt19937_64 random_{1};
};

// Decoding drops the fields that a classic request does not use, so a frame may change in the first
// round, but not in the second. The frame of an extended request does not change at all.
TEST_F(ProtocolProperty, AnyRequestFrameIsARequestOrAnError) {
  int decoded = 0;
  int extended = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto frame = random_frame<kRequestSize>();
    UniqueFd fd = maybe_fd();
    auto request = decode_request(frame, fd);
    auto type = load<uint32_t>(frame, 0);
    if (!request) {
      int code = request.error().code();
      ASSERT_TRUE(code == EOPNOTSUPP || code == EBADF || (code == EINVAL && type >= 0x100)) << code;
      continue;
    }
    ++decoded;
    auto canonical = encode(*request).bytes;
    UniqueFd other = open_null();
    auto again = decode_request(canonical, other);
    ASSERT_TRUE(again);
    ASSERT_EQ(encode(*again).bytes, canonical);
    ASSERT_EQ(load<uint32_t>(canonical, 0), type);
    if (type < 0x100) continue;
    ++extended;
    ASSERT_EQ(canonical, frame);
  }
  EXPECT_GT(decoded, kRounds / 8);
  EXPECT_GT(extended, kRounds / 200);
}

TEST_F(ProtocolProperty, AnyResponseFrameIsAResponseOrAProtocolError) {
  int decoded = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto frame = random_frame<kResponseSize>();
    auto response = decode_response(frame, maybe_fd());
    if (!response) {
      ASSERT_EQ(response.error().code(), EPROTO);
      continue;
    }
    ++decoded;
    auto canonical = encode(*response).bytes;
    auto again = decode_response(canonical, open_null());
    ASSERT_TRUE(again);
    ASSERT_EQ(encode(*again).bytes, canonical);
    ASSERT_EQ(load<uint32_t>(canonical, 0), load<uint32_t>(frame, 0));
    if (!std::holds_alternative<response::Region>(*response)) {
      ASSERT_EQ(load<uint32_t>(canonical, 44), 0u);
    }
  }
  EXPECT_GT(decoded, kRounds / 16);
}

TEST_F(ProtocolProperty, AnyEventFrameIsAnEventOrAProtocolError) {
  int decoded = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto frame = random_frame<kResponseSize>();
    auto event = decode_event(frame);
    if (!event) {
      ASSERT_EQ(event.error().code(), EPROTO);
      continue;
    }
    ++decoded;
    auto again = decode_event(encode(*event));
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, *event);
  }
  EXPECT_GT(decoded, kRounds / 8);
}

TEST_F(ProtocolProperty, RandomClassicRequestsSurviveTheRoundTrip) {
  for (int round = 0; round < kRounds / 4; ++round) {
    auto slot = Slot(random32());
    ASSERT_EQ(through_the_wire(request::UnregisterMemory{slot}).slot, slot);
    auto pages = static_cast<int32_t>(random());
    ASSERT_EQ(through_the_wire(request::BalloonAdjust{pages}).num_pages, pages);
    uint64_t size = random();
    ASSERT_EQ(through_the_wire(request::RegisterMemory{{}, size}).size, size);
  }
}

TEST_F(ProtocolProperty, RandomExtendedRequestsSurviveTheRoundTrip) {
  for (int round = 0; round < kRounds / 8; ++round) {
    std::optional<GuestAddress> address;
    if (flip()) address = GuestAddress(random());
    uint64_t size = random();
    uint64_t offset = random();
    RegionFlags flags{.read_only = flip(), .log_dirty = flip()};
    bool detached = flip();
    auto map = through_the_wire(request::MapMemory{{}, size, offset, address, flags, detached});
    ASSERT_GE(map.fd.get(), 0);
    ASSERT_EQ(std::tuple(map.size, map.offset, map.at), std::tuple(size, offset, address));
    ASSERT_EQ(map.flags, flags);
    ASSERT_EQ(map.detached, detached);

    bool layout = flip();
    auto next = through_the_wire(request::NextRegion{address, layout});
    ASSERT_EQ(next.after, address);
    ASSERT_EQ(next.layout, layout);

    Ioevent ioevent{flip() ? Ioevent::Space::kPort : Ioevent::Space::kMemory, random(), 8, {}};
    if (flip()) ioevent.datamatch = random();
    ASSERT_EQ(through_the_wire(request::RegisterIoevent{{}, ioevent}).ioevent, ioevent);

    auto gsi = random32();
    ASSERT_EQ(through_the_wire(request::RegisterIrqfd{{}, gsi}).gsi, gsi);
    auto handle = Handle(random());
    ASSERT_EQ(through_the_wire(request::UnmapMemory{handle}).handle, handle);
    ASSERT_EQ(through_the_wire(request::ReadDirtyLog{handle}).handle, handle);
    ASSERT_EQ(through_the_wire(request::UnregisterEvent{handle}).handle, handle);
    uint64_t target = random() / kPageSize * kPageSize;
    ASSERT_EQ(through_the_wire(request::BalloonSet{target}).target_bytes, target);
  }
}

}  // namespace
}  // namespace vm_control
