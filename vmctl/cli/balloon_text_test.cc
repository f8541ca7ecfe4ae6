// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/balloon_text.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

constexpr uint64_t kBalloonMiB = 1 << 20;

BalloonStatus status_of(BalloonState state, uint64_t target, uint64_t actual) {
  return {.state = state, .target_bytes = target, .actual_bytes = actual, .age_ms = 2345};
}

TEST(FormatBalloon, HasALineForEachNumber) {
  EXPECT_EQ(
      format_balloon({.status = status_of(BalloonState::kIdle, 64 * kBalloonMiB, 64 * kBalloonMiB),
                      .resident_bytes = 100 * kBalloonMiB + 512 * 1024,
                      .stats = BalloonStats{.free_bytes = kBalloonMiB,
                                            .available_bytes = 20 * kBalloonMiB,
                                            .total_bytes = 128 * kBalloonMiB,
                                            .disk_caches_bytes = 0,
                                            .age_ms = 250}}),
      "state              idle\n"
      "target             64 MiB\n"
      "actual             64 MiB\n"
      "resident           100.5 MiB\n"
      "guest available    20 MiB\n"
      "guest free         1 MiB\n"
      "guest disk caches  0 bytes\n"
      "guest total        128 MiB\n"
      "guest told this    0.2s ago");
}

TEST(FormatBalloon, HasADashForWhatIsNotKnown) {
  EXPECT_EQ(format_balloon({.status = {}, .resident_bytes = {}, .stats = {}}),
            "state     absent\n"
            "target    -\n"
            "actual    -\n"
            "resident  -");
  EXPECT_EQ(format_balloon({.status = status_of(BalloonState::kUnknown, kBalloonMiB, 0),
                            .resident_bytes = {},
                            .stats = BalloonStats{.free_bytes = kBalloonMiB, .age_ms = 125'000}}),
            "state              unknown\n"
            "target             1 MiB\n"
            "actual             -\n"
            "resident           -\n"
            "guest available    -\n"
            "guest free         1 MiB\n"
            "guest disk caches  -\n"
            "guest total        -\n"
            "guest told this    2m 5s ago");
}

TEST(FormatBalloon, SaysForHowLongTheGuestHasComeNoNearer) {
  std::string text =
      format_balloon({.status = status_of(BalloonState::kStuck, 64 * kBalloonMiB, kBalloonMiB),
                      .resident_bytes = {},
                      .stats = {}});
  EXPECT_TRUE(text.starts_with("state     stuck, no nearer for 2.3s\n")) << text;
}

TEST(BalloonJson, HasBytesAndNull) {
  EXPECT_EQ(balloon_json(
                "vm", {.status = status_of(BalloonState::kAdjusting, 2 * kBalloonMiB, kBalloonMiB),
                       .resident_bytes = {},
                       .stats = BalloonStats{.free_bytes = 7, .age_ms = 250}})
                .text(),
            R"({"vm":"vm","state":"adjusting","target_bytes":2097152,"actual_bytes":1048576,)"
            R"("age_ms":2345,"resident_bytes":null,"available_bytes":null,"free_bytes":7,)"
            R"("disk_caches_bytes":null,"total_bytes":null,"stats_age_ms":250})");
  EXPECT_NE(balloon_json("vm", {.status = {}, .resident_bytes = 4096, .stats = {}})
                .text()
                .find(R"("resident_bytes":4096,"available_bytes":null)"),
            std::string::npos);
}

TEST(ProgressBar, ShowsHowFarTheGuestIsInBothDirections) {
  auto bar = [](uint64_t start, uint64_t actual, uint64_t target) {
    return progress_bar(
        status_of(BalloonState::kAdjusting, target * kBalloonMiB, actual * kBalloonMiB),
        start * kBalloonMiB);
  };
  EXPECT_EQ(bar(0, 64, 256), "[#####...............]  25%  64 MiB of 256 MiB");
  EXPECT_EQ(bar(256, 64, 0), "[###############.....]  75%  64 MiB of 0 bytes");
  EXPECT_EQ(bar(0, 256, 256), "[####################] 100%  256 MiB of 256 MiB");
  EXPECT_EQ(bar(64, 32, 256), "[....................]   0%  32 MiB of 256 MiB") << "astray";
  EXPECT_EQ(bar(64, 64, 64), "[####################] 100%  64 MiB of 64 MiB");
  EXPECT_EQ(bar(64, 32, 64), "[....................]   0%  32 MiB of 64 MiB");
}

}  // namespace
}  // namespace vm_control::vmctl
