// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/rights.h"

#include <gtest/gtest.h>

#include "vm_control/model/vm_status.h"

namespace vm_control {
namespace {

TEST(Rights, AreReadFromTheirNames) {
  EXPECT_EQ(Rights::parse("memory")->mask(), 2u);
  EXPECT_EQ(Rights::parse("lifecycle+memory+gpu+events+balloon+observe+admin+memslots")->mask(),
            0x17fu);
  EXPECT_EQ(*Rights::parse("observe+events"), Right::kEvents | Right::kObserve);
  EXPECT_EQ(*Rights::parse("gpu+gpu"), Rights(Right::kGpu));
  EXPECT_EQ(*Rights::parse("all"), Rights::all());
  EXPECT_EQ(*Rights::parse("none"), Rights());
}

TEST(Rights, RefuseANameThatIsNoneAndSayWhich) {
  for (auto names : {"", "+", "memory+", "+memory", "memory++gpu", "Memory", "memory,gpu",
                     "all+gpu", "none+gpu", " memory"}) {
    EXPECT_EQ(Rights::parse(names).error().code(), EINVAL) << names;
  }
  EXPECT_EQ(Rights::parse("memory+sound").error().message(),
            "grant the right sound: EINVAL (Invalid argument)");
}

TEST(Rights, EveryMaskIsReadBackFromItsText) {
  for (uint32_t mask = 0; mask <= 0x17f; ++mask) {
    Rights rights = Rights::from_mask(mask);
    EXPECT_EQ(*Rights::parse(rights.to_string()), rights) << rights.to_string();
  }
}

TEST(Rights, AreNamedInTheOrderOfTheirBits) {
  EXPECT_EQ((Right::kObserve | Right::kMemory).to_string(), "memory+observe");
  EXPECT_EQ(Rights::all().to_string(), "all");
  EXPECT_EQ(Rights().to_string(), "none");
}

TEST(Rights, KnowWhatTheyContain) {
  Rights rights = Right::kMemory | Right::kAdmin;
  EXPECT_TRUE(rights.contains(Right::kAdmin));
  EXPECT_FALSE(rights.contains(Right::kGpu));
  EXPECT_TRUE(rights.contains_any_of(Right::kGpu | Right::kMemory));
  EXPECT_FALSE(rights.contains_any_of(Right::kGpu | Right::kEvents));
  EXPECT_FALSE(rights.contains_any_of(Rights()));
  EXPECT_EQ(Rights::from_mask(UINT32_MAX), Rights::all());
}

TEST(VmState, HasAName) {
  EXPECT_STREQ(to_string(VmState::kRunning), "running");
  EXPECT_STREQ(to_string(VmState::kPaused), "paused");
  EXPECT_STREQ(to_string(VmState::kExited), "exited");
  EXPECT_STREQ(to_string(VmState{0}), "unknown");
}

}  // namespace
}  // namespace vm_control
