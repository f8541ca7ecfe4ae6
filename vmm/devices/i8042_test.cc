// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/i8042.h"

#include <gtest/gtest.h>

namespace vm_control::vmm {
namespace {

TEST(I8042, ResetsOnItsOneCommandAndOnNoOther) {
  int resets = 0;
  I8042 controller([&] { ++resets; });
  for (unsigned command = 0; command <= 0xff; ++command) {
    controller.write_byte(0, static_cast<uint8_t>(command));
    EXPECT_EQ(resets, command >= 0xfe ? 1 : 0);
  }
}

TEST(I8042, IsAlwaysReadyForACommand) {
  I8042 controller([] {});
  EXPECT_EQ(controller.read_byte(0), 0);
}

}  // namespace
}  // namespace vm_control::vmm
