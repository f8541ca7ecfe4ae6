// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/event_places.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

constexpr uint64_t kBells = 0xfe00'0000;
constexpr uint64_t kBellSize = 0x1000;
constexpr uint64_t kDeviceMemoryStart = 0x8000'0000;
constexpr OwnerId kOne{1};
constexpr OwnerId kOther{2};

Caller caller(OwnerId principal, Rights rights = Right::kEvents) {
  return {.principal = principal, .rights = rights};
}

Ioevent at(uint64_t address, uint32_t length = 4) {
  return {.address = address, .length = length};
}

Ioevent at_port(uint64_t port, uint32_t length = 1) {
  return {.space = Ioevent::Space::kPort, .address = port, .length = length};
}

class EventPlacesTest : public testing::Test {
 protected:
  int take(const EventTarget& target, const Caller& who = caller(kOne)) {
    auto taken = places_.take(target, who);
    return taken ? 0 : taken.error().code();
  }
  Caller admin_ = caller(kOther, Right::kEvents | Right::kAdmin);

  EventPlaces places_{{.doorbells = *GuestRange::create(GuestAddress(kBells), kBellSize),
                       .doorbell_ports = {.first = 0x2000, .count = 0x10},
                       .interrupts = {.first = 16, .count = 8},
                       .gsis = 24},
                      {*GuestRange::create(GuestAddress(kDeviceMemoryStart), 0x10'0000)}};
};

TEST_F(EventPlacesTest, OnlyWhatIsSetAsideIsForClients) {
  EXPECT_EQ(take(at(kBells)), 0);
  EXPECT_EQ(take(at(kBells + kBellSize - 4)), 0);
  EXPECT_EQ(take(at(kBells + kBellSize - 1, 1)), 0);
  EXPECT_EQ(take(at(kBells + kBellSize - 2, 4)), EACCES);
  EXPECT_EQ(take(at(kBells - 1, 4)), EACCES);
  EXPECT_EQ(take(at(0xfec0'0000)), EACCES);
  EXPECT_EQ(take(at(UINT64_MAX, 8)), EACCES);
  EXPECT_EQ(take(at_port(0x2000)), 0);
  EXPECT_EQ(take(at_port(0x200e, 4)), EACCES);
  EXPECT_EQ(take(at_port(kBells)), EACCES);
  for (uint64_t port : {0x3f8u, 0x64u, 0x20u}) EXPECT_EQ(take(at_port(port)), EACCES) << port;
  EXPECT_EQ(take(Irqfd{16}), 0);
  EXPECT_EQ(take(Irqfd{4}), EACCES);
  EXPECT_EQ(take(Irqfd{24}), EINVAL);
  EXPECT_EQ(take(Irqfd{UINT32_MAX}), EINVAL);
}

TEST_F(EventPlacesTest, AnAdminHasMoreButNoDeviceMemory) {
  EXPECT_EQ(take(at(0xd000'0000), admin_), 0);
  EXPECT_EQ(take(at_port(0x510), admin_), 0);
  EXPECT_EQ(take(Irqfd{5}, admin_), 0);
  EXPECT_EQ(take(Irqfd{24}, admin_), EINVAL);
  EXPECT_EQ(take(at(kDeviceMemoryStart + 0x1000), admin_), EACCES);
}

TEST_F(EventPlacesTest, APlaceIsThePrincipalsThatHasItFirst) {
  EXPECT_EQ(take(at(kBells + 8, 4)), 0);
  EXPECT_EQ(take(at(kBells + 8, 4)), 0) << "its own, with another value";
  EXPECT_EQ(take(at(kBells + 8, 4), caller(kOther)), EEXIST);
  EXPECT_EQ(take(at(kBells + 11, 1), caller(kOther)), EEXIST);
  EXPECT_EQ(take(at(kBells + 4, 8), caller(kOther)), EEXIST);
  EXPECT_EQ(take(at(kBells + 1, 0), caller(kOther)), EEXIST) << "a write of eight bytes";
  EXPECT_EQ(take(at(kBells + 12, 4), caller(kOther)), 0);
  EXPECT_EQ(take(at(kBells + 8, 4), admin_), EEXIST) << "not even an administrator's";
  places_.release(at(kBells + 8, 4), kOne);
  EXPECT_EQ(take(at(kBells + 8, 4), caller(kOther)), EEXIST);
  places_.release(at(kBells + 8, 4), kOne);
  EXPECT_EQ(take(at(kBells + 8, 4), caller(kOther)), 0);
}

TEST_F(EventPlacesTest, NobodyHasMoreInterruptsThanAreLeft) {
  for (uint32_t gsi = 16; gsi < 20; ++gsi) EXPECT_EQ(take(Irqfd{gsi}), 0) << gsi;
  EXPECT_EQ(take(Irqfd{20}), ENOSPC);
  EXPECT_EQ(take(Irqfd{19}), 0) << "it has that";
  EXPECT_EQ(take(Irqfd{20}, caller(kOther)), 0);
  EXPECT_EQ(take(Irqfd{21}, caller(kOther)), 0);
  EXPECT_EQ(take(Irqfd{22}, caller(kOther)), ENOSPC);
  EXPECT_EQ(take(Irqfd{22}, caller(OwnerId(3))), 0);
  EXPECT_EQ(take(Irqfd{23}, caller(OwnerId(4))), 0) << "the last one is somebody's";
}

TEST_F(EventPlacesTest, NobodyHasMoreIoeventsThanAreLeft) {
  auto each = [](uint32_t i) { return Ioevent{.address = kBells, .length = 4, .datamatch = i}; };
  uint32_t count = 0;
  while (take(each(count)) == 0) ++count;
  EXPECT_EQ(count, EventPlaces::kMaxIoevents / 2);
  EXPECT_EQ(take(at_port(0x2000)), 0) << "ports are another bus";
}

TEST_F(EventPlacesTest, AFreePlaceIsTheLowestThatFits) {
  EXPECT_EQ(take(at(kBells + 6, 1)), 0);
  EXPECT_EQ(take(at_port(0x2000)), 0);
  EXPECT_EQ(places_.find_free(at(0, 4)).value(), kBells);
  EXPECT_EQ(places_.find_free(at(0, 8)).value(), kBells + 8);
  EXPECT_EQ(places_.find_free(at(0, 0)).value(), kBells + 8) << "eight bytes";
  EXPECT_EQ(places_.find_free(at_port(0, 1)).value(), 0x2001u);
  EXPECT_EQ(places_.find_free(at_port(0, 0)).value(), 0x2004u) << "four bytes";
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(take(at_port(0x2000 + 4 * i)), 0);
  EXPECT_EQ(places_.find_free(at_port(0, 4)).error().code(), ENOSPC);
}

TEST(EventPlaces, AMachineThatSetsNothingAsideHasNothingForClients) {
  EventPlaces places({}, {});
  EXPECT_EQ(places.take(at(0x1000), caller(kOne)).error().code(), EACCES);
  EXPECT_EQ(places.take(Irqfd{0}, caller(kOne)).error().code(), EINVAL);
  EXPECT_EQ(places.find_free(at(0)).error().code(), ENOSPC);
}

}  // namespace
}  // namespace vm_control
