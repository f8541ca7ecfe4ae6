// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/quota_spec.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

const Resources kDefaults{.sessions = 1, .regions = 2, .events = 3, .unanswered = 4, .bytes = 5};

TEST(QuotaSpec, ReplacesWhatItNames) {
  EXPECT_EQ(*parse_quota("sessions=10,regions=20,events=30,unanswered=40,bytes=64M", kDefaults),
            (Resources{.sessions = 10,
                       .regions = 20,
                       .events = 30,
                       .unanswered = 40,
                       .bytes = uint64_t{64} << 20}));
  Resources expected = kDefaults;
  expected.bytes = uint64_t{1} << 40;
  EXPECT_EQ(*parse_quota("bytes=1T", kDefaults), expected);
  expected = kDefaults;
  expected.regions = 0;
  EXPECT_EQ(*parse_quota("regions=0", kDefaults), expected);
}

TEST(QuotaSpec, RefusesWhatIsNone) {
  for (auto text : {"", "sessions", "sessions=", "sessions=few", "sessions=-1", "bytes=64Q",
                    "pages=1", "sessions=1,", "sessions=1,sessions=2", "unanswered=0"}) {
    EXPECT_EQ(parse_quota(text, kDefaults).error().code(), EINVAL) << text;
  }
  EXPECT_EQ(parse_quota("sessions=4G", kDefaults).error().code(), ERANGE);
  EXPECT_EQ(parse_quota("bytes=16777216T", kDefaults).error().code(), ERANGE);
}

}  // namespace
}  // namespace vm_control::vmctl
