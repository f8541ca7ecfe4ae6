// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/region_text.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

TEST(RegionText, AddressesAndHandlesAreHexadecimal) {
  EXPECT_EQ(format_address(GuestAddress(0)), "0x0");
  EXPECT_EQ(format_address(GuestAddress(0x8000'0000)), "0x80000000");
  EXPECT_EQ(format_handle(Handle(0x20001)), "0x20001");
}

TEST(RegionText, AHandleIsReadAsItIsPrinted) {
  for (uint64_t value : {uint64_t{1}, uint64_t{0x20001}, UINT64_MAX}) {
    EXPECT_EQ(*parse_handle(format_handle(Handle(value))), Handle(value));
  }
}

TEST(RegionText, RefusesWhatIsNoHandle) {
  for (auto text : {"", "0x", "20001", "0xg", "0x1 ", "0x-1", "-0x1", "slot", "0X1"}) {
    EXPECT_EQ(parse_handle(text).error().code(), EINVAL) << text;
  }
  EXPECT_EQ(parse_handle("0x10000000000000000").error().code(), ERANGE);
}

TEST(RegionText, TheOwnerIsAProcessOrTheVm) {
  RegionInfo region{.owner_pid = 123, .owner_uid = 1000};
  EXPECT_EQ(format_owner(region), "pid 123 (uid 1000)");
  region.flags = kRegionDetached;
  EXPECT_EQ(format_owner(region), "the VM");
}

TEST(RegionText, FlagsAreWords) {
  RegionInfo region;
  EXPECT_EQ(format_flags(region), "");
  region.flags = kRegionReadOnly | kRegionDetached;
  EXPECT_EQ(format_flags(region), "read-only");
  region.flags = kRegionReadOnly | kRegionLogDirty | kRegionQuarantined;
  EXPECT_EQ(format_flags(region), "read-only, dirty log, vanished");
}

TEST(RegionText, JsonHasEverythingButTheAddress) {
  RegionInfo region{.address = GuestAddress(0x8000'0000),
                    .size = 4096,
                    .handle = Handle(0x20001),
                    .flags = kRegionDetached,
                    .owner_pid = 123,
                    .owner_uid = 1000,
                    .slot = Slot(1)};
  EXPECT_EQ(region_json(region).text(),
            R"({"size":4096,"handle":"0x20001","slot":1,"owner_pid":123,"owner_uid":1000,)"
            R"("read_only":false,"detached":true,"log_dirty":false,"quarantined":false})");
}

}  // namespace
}  // namespace vm_control::vmctl
