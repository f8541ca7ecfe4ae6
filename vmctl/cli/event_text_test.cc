// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/event_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

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

// At 2026-11-26 09:04:05.678 UTC.
SeenEvent seen(Event event, std::optional<GuestAddress> address = {}) {
  setenv("TZ", "UTC-1", 1);  // an hour ahead
  return {.time = WallTime(std::chrono::milliseconds(1795683845678)),
          .vm = "vm",
          .event = std::move(event),
          .address = address};
}

std::string text_of(const Event& event, std::optional<GuestAddress> address = {}) {
  std::string text = format_event(seen(event, address));
  std::string start = "2026-11-26 10:04:05  vm  ";
  EXPECT_EQ(text.substr(0, start.size()), start);
  return text.substr(start.size());
}

std::string json_of(const Event& event, std::optional<GuestAddress> address = {}) {
  std::string text = event_json(seen(event, address)).text();
  std::string start = R"({"vm":"vm","time":"2026-11-26T09:04:05.678Z",)";
  EXPECT_EQ(text.substr(0, start.size()), start);
  return text.substr(start.size());
}

TEST(EventText, OfARegionNamesItAndItsOwner) {
  Event event{.type = EventType::kRegionAdded, .sequence = 3, .detail = region()};
  EXPECT_EQ(text_of(event, GuestAddress(0x80000000)),
            "   3  region added     0x80000000  handle 0x20001  64 KiB  slot 1  pid 123 (uid 1000) "
            " read-only");
  event.type = EventType::kRegionRemoved;
  EXPECT_EQ(text_of(event).find("   3  region removed   -  handle 0x20001"), 0u);
  event.type = EventType::kRegionQuarantined;
  EXPECT_EQ(text_of(event).find("   3  region vanished  -  handle 0x20001"), 0u);
}

TEST(EventText, OfTheVmTellsItsUptime) {
  Event event{.type = EventType::kPaused,
              .sequence = 1,
              .detail = VmStatus{.state = VmState::kPaused, .uptime_ns = 65'000'000'000}};
  EXPECT_EQ(text_of(event), "   1  paused           uptime 1m 5s");
}

TEST(EventText, OfLostEventsCountsThem) {
  Event event{.type = EventType::kLost, .sequence = 9, .detail = LostEvents{7}};
  EXPECT_EQ(text_of(event), "   9  lost             7 events that this reader was too slow for");
}

TEST(EventText, OfABalloonTellsHowFarItIs) {
  BalloonStatus balloon{.state = BalloonState::kStuck, .actual_bytes = 3 << 20, .age_ms = 5000};
  Event event{.type = EventType::kBalloonChanged, .sequence = 2, .detail = balloon};
  EXPECT_EQ(text_of(event), "   2  balloon changed  stuck  actual 3 MiB");
  EXPECT_EQ(json_of(event), R"("type":"balloon_changed","sequence":2,"state":"stuck",)"
                            R"("actual_bytes":3145728,"age_ms":5000})");
}

TEST(EventText, JsonHasTypeSequenceAndFields) {
  EXPECT_EQ(
      json_of({.type = EventType::kRegionAdded, .sequence = 3, .detail = region()}),
      R"("type":"region_added","sequence":3,"guest_address":null,"size":65536,"handle":"0x20001","slot":1,)"
      R"("owner_pid":123,"owner_uid":1000,"read_only":true,"detached":false,"log_dirty":false,)"
      R"("quarantined":false})");
  VmStatus status{.state = VmState::kExited, .ram_bytes = 4096, .pid = 7};
  EXPECT_EQ(json_of({.type = EventType::kExited, .sequence = 1, .detail = status}),
            R"("type":"exited","sequence":1,"state":"exited","ram_bytes":4096,"regions":0,)"
            R"("sessions":0,"uptime_ns":0,"pid":7})");
  EXPECT_EQ(json_of({.type = EventType::kLost, .sequence = 1, .detail = LostEvents{7}}),
            R"("type":"lost","sequence":1,"count":7})");
}

}  // namespace
}  // namespace vm_control::vmctl
