// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/table.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table;
  table.add({"VM", "STATE", "PID"});
  table.add({"a", "running", "1"});
  table.add({"longer", "-", "4242"});
  EXPECT_EQ(table.to_string(),
            "VM      STATE    PID\n"
            "a       running  1\n"
            "longer  -        4242");
}

TEST(Table, WithoutRowsIsNoText) {
  Table table;
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.to_string(), "");
}

}  // namespace
}  // namespace vm_control::vmctl
