// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/sleep_control.h"

#include <gtest/gtest.h>

namespace vm_control::vmm {
namespace {

TEST(SleepControl, SwitchesOffWhenTheGuestEnablesS5) {
  int offs = 0;
  SleepControl control([&] { ++offs; });
  control.write_byte(0, 5 << 2);
  EXPECT_EQ(offs, 0);
  control.write_byte(0, 5 << 2 | 1 << 5);
  EXPECT_EQ(offs, 1);
}

TEST(SleepControl, KnowsNoOtherStateAndNoOtherRegister) {
  int offs = 0;
  SleepControl control([&] { ++offs; });
  for (unsigned type : {0u, 1u, 3u, 4u, 7u}) {
    control.write_byte(0, static_cast<uint8_t>(type << 2 | 1 << 5));
  }
  control.write_byte(1, 5 << 2 | 1 << 5);
  EXPECT_EQ(offs, 0);
}

TEST(SleepControl, HasNeverSlept) {
  SleepControl control([] {});
  EXPECT_EQ(control.read_byte(0), 0);
  EXPECT_EQ(control.read_byte(1), 0);
}

}  // namespace
}  // namespace vm_control::vmm
