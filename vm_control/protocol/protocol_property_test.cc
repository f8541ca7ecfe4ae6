// SPDX-License-Identifier: BSD-3-Clause
// What holds for every frame, tried on random ones.
#include <gtest/gtest.h>

#include <random>

#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

constexpr int kRounds = 200'000;

class ProtocolProperty : public testing::Test {
 protected:
  template <size_t N>
  std::array<std::byte, N> random_frame() {
    std::array<std::byte, N> frame;
    for (std::byte& byte : frame) byte = static_cast<std::byte>(random_());
    // Three in four have a type that may be known.
    if (random_() % 4) store(frame, 0, static_cast<uint32_t>(random_() % 8));
    return frame;
  }

  uint64_t random() { return random_(); }

 private:
  std::mt19937_64 random_{1};
};

// Decoding drops the fields that a type does not use, so one round makes a frame canonical.
TEST_F(ProtocolProperty, AnyRequestFrameIsARequestOrAnError) {
  int decoded = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto frame = random_frame<kRequestSize>();
    UniqueFd fd = random() % 2 ? open_null() : UniqueFd();
    auto request = decode_request(frame, std::move(fd));
    if (!request) {
      int code = request.error().code();
      ASSERT_TRUE(code == EOPNOTSUPP || code == EBADF) << code;
      continue;
    }
    ++decoded;
    auto canonical = encode(*request);
    ASSERT_TRUE(canonical);
    auto again = decode_request(canonical->bytes, open_null());
    ASSERT_TRUE(again);
    ASSERT_EQ(encode(*again)->bytes, canonical->bytes);
    ASSERT_EQ(load<uint32_t>(canonical->bytes, 0), load<uint32_t>(frame, 0));
  }
  EXPECT_GT(decoded, kRounds / 4);
}

TEST_F(ProtocolProperty, AnyResponseFrameIsAResponseOrAProtocolError) {
  int decoded = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto frame = random_frame<kResponseSize>();
    UniqueFd fd = random() % 2 ? open_null() : UniqueFd();
    auto response = decode_response(frame, std::move(fd));
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
    ASSERT_EQ(load<uint32_t>(canonical, 44), 0u);
  }
  EXPECT_GT(decoded, kRounds / 4);
}

TEST_F(ProtocolProperty, RandomRequestsSurviveTheRoundTrip) {
  for (int round = 0; round < kRounds; ++round) {
    auto slot = Slot(static_cast<uint32_t>(random()));
    auto pages = static_cast<int32_t>(random());
    uint64_t size = random();

    auto unregister = decode_request(encode(request::UnregisterMemory{slot})->bytes, UniqueFd());
    ASSERT_EQ(std::get<request::UnregisterMemory>(*unregister).slot, slot);
    auto balloon = decode_request(encode(request::BalloonAdjust{pages})->bytes, UniqueFd());
    ASSERT_EQ(std::get<request::BalloonAdjust>(*balloon).num_pages, pages);
    auto memory = decode_request(encode(request::RegisterMemory{{}, size})->bytes, open_null());
    ASSERT_EQ(std::get<request::RegisterMemory>(*memory).size, size);
  }
}

}  // namespace
}  // namespace vm_control
