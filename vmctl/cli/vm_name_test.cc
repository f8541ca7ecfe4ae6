// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm_name.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "vm_control/base/test_directory.h"

namespace vm_control::vmctl {
namespace {

class VmName : public testing::Test {
 protected:
  VmName() { setenv("XDG_RUNTIME_DIR", base_.c_str(), 1); }

  TestDirectory temporary_;
  std::string base_ = temporary_.path();
};

TEST_F(VmName, StandsForASocketInTheRuntimeDirectory) {
  EXPECT_EQ(*socket_path("vm-1.a"), base_ + "/vm_control/vm-1.a.sock");
}

TEST_F(VmName, WithASlashIsAPath) {
  EXPECT_EQ(*socket_path("./vm"), "./vm");
  EXPECT_EQ(*socket_path("/run/vm.sock"), "/run/vm.sock");
}

TEST_F(VmName, HasNoOtherCharacters) {
  for (auto name : {"", ".", "..", ".hidden", "a b", "a\nb", "é"}) {
    EXPECT_EQ(socket_path(name).error().code(), EINVAL) << name;
  }
}

TEST_F(VmName, WithoutARuntimeDirectoryOnlyRootHasAPlace) {
  unsetenv("XDG_RUNTIME_DIR");
  auto path = socket_path("vm");
  if (geteuid() == 0) {
    EXPECT_EQ(*path, "/run/vm_control/vm.sock");
  } else {
    EXPECT_EQ(path.error().code(), EINVAL);
  }
}

}  // namespace
}  // namespace vm_control::vmctl
