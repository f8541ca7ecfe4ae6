// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/socket_policy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace vm_control {
namespace {

TEST(SocketPolicy, AdmitsRootThisUserAndThoseItLists) {
  SocketPolicy policy{.uids = {4711}};
  for (uid_t uid : {uid_t{0}, geteuid(), uid_t{4711}}) EXPECT_TRUE(policy.admits(uid)) << uid;
  EXPECT_FALSE(policy.admits(4712));
  EXPECT_TRUE(policy.check());
}

TEST(SocketPolicy, NeverAdmitsTheOverflowUser) {
  uid_t overflow = 0;
  std::ifstream("/proc/sys/kernel/overflowuid") >> overflow;
  SocketPolicy policy{.uids = {4711, overflow}};
  EXPECT_FALSE(policy.admits(overflow));
  EXPECT_EQ(policy.check().error().code(), EINVAL);
}

}  // namespace
}  // namespace vm_control
