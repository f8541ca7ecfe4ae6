// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/device_spec.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

using Words = std::vector<std::string>;

TEST(DeviceSpec, IsANameAndACommand) {
  auto spec = parse_device_spec("net:/usr/bin/net-device --queue 2");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->name, "net");
  EXPECT_EQ(spec->command, (Words{"/usr/bin/net-device", "--queue", "2"}));
  EXPECT_EQ(parse_device_spec("a:  b   c  ")->command, (Words{"b", "c"}));
  EXPECT_EQ(parse_device_spec("a:b:c")->command, (Words{"b:c"}));
}

TEST(DeviceSpec, GrantsLittleUnlessToldOtherwise) {
  auto spec = parse_device_spec("a:b");
  EXPECT_EQ(spec->policy.allow, Right::kMemory | Right::kEvents | Right::kObserve);
  EXPECT_EQ(spec->policy.seal_policy, SealPolicy::kRequire);
  EXPECT_EQ(spec->policy.doorbells, Doorbells::kDirect);
  spec = parse_device_spec("a:b c,allow=gpu+observe,sealing=prefer,doorbells=relay");
  EXPECT_EQ(spec->command, (Words{"b", "c"}));
  EXPECT_EQ(spec->policy.allow, Right::kGpu | Right::kObserve);
  EXPECT_EQ(spec->policy.seal_policy, SealPolicy::kPrefer);
  EXPECT_EQ(spec->policy.doorbells, Doorbells::kRelay);
}

TEST(DeviceSpec, RunsAsTheUserOfTheVmUnlessToldOtherwise) {
  EXPECT_EQ(parse_device_spec("a:b")->uid, std::nullopt);
  auto spec = parse_device_spec("a:b,uid=1000");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->uid, 1000u);
  EXPECT_TRUE(spec->policy.uids.empty());
  EXPECT_EQ(parse_device_spec("a:b,uid=0")->uid, 0u);
}

TEST(DeviceSpec, QuotesKeepSpacesAndCommas) {
  EXPECT_EQ(parse_device_spec("a:sh -c 'echo 1,2; exit 3',allow=none")->command,
            (Words{"sh", "-c", "echo 1,2; exit 3"}));
  EXPECT_EQ(parse_device_spec("a:b \"it's\" '' x'y z'w")->command,
            (Words{"b", "it's", "", "xy zw"}));
}

TEST(DeviceSpec, RefusesWhatIsNone) {
  for (auto text : {"",
                    "a",
                    "a:",
                    ":b",
                    "a:  ",
                    "a:,allow=none",
                    "a:''",
                    "a:'b",
                    "a:b \"c",
                    "a:b,",
                    "a:b,c",
                    "a:b,allow=magic",
                    "a:b,sealing=maybe",
                    "a:b,doorbells=loud",
                    "a:b,mode=0600",
                    "a:b,uid=",
                    "a:b,uid=root",
                    "a:b,uid=1+2",
                    "a:b,uid=4294967295",
                    "a:b,type=datagram"}) {
    auto spec = parse_device_spec(text);
    ASSERT_FALSE(spec) << text;
    EXPECT_EQ(spec.error().code(), EINVAL) << text;
  }
}

}  // namespace
}  // namespace vm_control::vmctl
