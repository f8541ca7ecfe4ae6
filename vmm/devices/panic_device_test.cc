// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/panic_device.h"

#include <gtest/gtest.h>

#include <vector>

namespace vm_control::vmm {
namespace {

using Events = std::vector<PanicDevice::Event>;

TEST(PanicDevice, TellsWhatHasHappened) {
  Events events;
  PanicDevice device([&](PanicDevice::Event event) { events.push_back(event); });
  device.write_byte(0, 1);
  EXPECT_EQ(events, Events{PanicDevice::Event::kPanicked});
  device.write_byte(0, 2);
  EXPECT_EQ(events, (Events{PanicDevice::Event::kPanicked, PanicDevice::Event::kCrashLoaded}));
}

TEST(PanicDevice, IgnoresEventsThatItDoesNotKnow) {
  Events events;
  PanicDevice device([&](PanicDevice::Event event) { events.push_back(event); });
  device.write_byte(0, 0);
  device.write_byte(0, 0xfc);
  EXPECT_TRUE(events.empty());
}

TEST(PanicDevice, SaysWhichEventsItKnows) {
  PanicDevice device([](PanicDevice::Event) {});
  EXPECT_EQ(device.read_byte(0), 3);
}

}  // namespace
}  // namespace vm_control::vmm
