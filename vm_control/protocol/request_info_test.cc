// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request_info.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(RequestInfo, IsWhatTheDeclarationSays) {
  const RequestInfo& info = info_of(request::ReadDirtyLog{});
  EXPECT_EQ(info.type, 0x113u);
  EXPECT_EQ(info.name, "ReadDirtyLog");
  EXPECT_EQ(info.rights, Rights(Right::kMemory));
}

TEST(RequestInfo, AllowsASessionWithOneOfTheRights) {
  const RequestInfo& unmap = info_of(request::UnmapMemory{});
  EXPECT_TRUE(unmap.is_allowed_by(Right::kMemory));
  EXPECT_TRUE(unmap.is_allowed_by(Right::kGpu | Right::kObserve));
  EXPECT_FALSE(unmap.is_allowed_by(Right::kEvents | Right::kAdmin));
  EXPECT_FALSE(unmap.is_allowed_by(Rights()));
}

TEST(RequestInfo, AllowsEverySessionWhatNeedsNoRight) {
  EXPECT_TRUE(info_of(request::OpenSession{}).is_allowed_by(Rights()));
}

}  // namespace
}  // namespace vm_control
