// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/event_text.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

RegionInfo region() {
  return {.size = 65536,
          .handle = Handle(0x20001),
          .flags = kRegionReadOnly,
          .owner_pid = 123,
          .owner_uid = 1000,
          .slot = Slot(1)};
}

TEST(EventText, OfARegionNamesItAndItsOwner) {
  Event event{.type = EventType::kRegionAdded, .sequence = 3, .detail = region()};
  EXPECT_EQ(format_event(event),
            "   3  region added     handle 0x20001  64 KiB  slot 1  pid 123 (uid 1000)  read-only");
  event.type = EventType::kRegionRemoved;
  EXPECT_EQ(format_event(event).find("   3  region removed   handle 0x20001"), 0u);
  event.type = EventType::kRegionQuarantined;
  EXPECT_EQ(format_event(event).find("   3  region vanished  handle 0x20001"), 0u);
}

TEST(EventText, OfTheVmTellsItsUptime) {
  Event event{.type = EventType::kPaused,
              .sequence = 1,
              .detail = VmStatus{.state = VmState::kPaused, .uptime_ns = 65'000'000'000}};
  EXPECT_EQ(format_event(event), "   1  paused           uptime 1m 5s");
}

TEST(EventText, OfLostEventsCountsThem) {
  Event event{.type = EventType::kLost, .sequence = 9, .detail = LostEvents{7}};
  EXPECT_EQ(format_event(event),
            "   9  lost             7 events that this reader was too slow for");
}

TEST(EventText, OfABalloonTellsHowFarItIs) {
  BalloonStatus balloon{.state = BalloonState::kStuck, .actual_bytes = 3 << 20, .age_ms = 5000};
  Event event{.type = EventType::kBalloonChanged, .sequence = 2, .detail = balloon};
  EXPECT_EQ(format_event(event), "   2  balloon changed  stuck  actual 3 MiB");
  EXPECT_EQ(event_json("vm", event).text(),
            R"({"vm":"vm","type":"balloon_changed","sequence":2,"state":"stuck",)"
            R"("actual_bytes":3145728,"age_ms":5000})");
}

TEST(EventText, JsonHasTypeSequenceAndFields) {
  EXPECT_EQ(
      event_json("vm", {.type = EventType::kRegionAdded, .sequence = 3, .detail = region()}).text(),
      R"({"vm":"vm","type":"region_added","sequence":3,"size":65536,"handle":"0x20001","slot":1,)"
      R"("owner_pid":123,"owner_uid":1000,"read_only":true,"detached":false,"log_dirty":false,)"
      R"("quarantined":false})");
  VmStatus status{.state = VmState::kExited, .ram_bytes = 4096, .pid = 7};
  EXPECT_EQ(
      event_json("vm", {.type = EventType::kExited, .sequence = 1, .detail = status}).text(),
      R"({"vm":"vm","type":"exited","sequence":1,"state":"exited","ram_bytes":4096,"regions":0,)"
      R"("sessions":0,"uptime_ns":0,"pid":7})");
  EXPECT_EQ(
      event_json("vm", {.type = EventType::kLost, .sequence = 1, .detail = LostEvents{7}}).text(),
      R"({"vm":"vm","type":"lost","sequence":1,"count":7})");
}

}  // namespace
}  // namespace vm_control::vmctl
