// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "vm_control/base/test_directory.h"

namespace vm_control::vmctl {
namespace {

// Connects to a VM as a user without rights. Root is one for that purpose, who may do anything.
[[noreturn]] void connect_as_nobody(const std::string& path) {
  constexpr uid_t kNobody = 65533;
  if (geteuid() == 0 && setuid(kNobody) < 0) std::abort();
  Output output;
  std::_Exit(with_vm({.output = output}, path, [](Client&) { return CallResult<>(); }));
}

TEST(VmDeathTest, InADirectoryThatOneMayNotEnterIsToldAsThat) {
  TestDirectory directory;
  std::string closed = directory.path() + "/closed";
  ASSERT_EQ(mkdir(closed.c_str(), 0), 0);
  chmod(directory.path().c_str(), 0711);
  EXPECT_EXIT(connect_as_nobody(closed + "/vm"), testing::ExitedWithCode(kCannotConnect),
              "user [0-9]+ may not enter the directory of .*/closed/vm");
  chmod(closed.c_str(), 0700);
}

}  // namespace
}  // namespace vm_control::vmctl
