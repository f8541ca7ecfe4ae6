// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/guest_layout.h"

#include <gtest/gtest.h>

#include "vm_control/memory/test_ranges.h"

namespace vm_control {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;

TEST(GuestLayout, SmallRamStartsAtZeroAndDeviceMemoryAtFourGiB) {
  auto layout = GuestLayout::create({.ram_size = 128 * kMiB, .physical_bits = 36});
  ASSERT_TRUE(layout);
  ASSERT_EQ(layout->ram().size(), 1u);
  EXPECT_EQ(layout->ram()[0], range(0, 128 * kMiB));
  EXPECT_EQ(layout->window(), range(4 * kGiB, GuestLayout::kDefaultDeviceMemory));
}

TEST(GuestLayout, RamSkipsTheHoleAndDeviceMemoryFollowsAtTwoMebibytes) {
  auto layout = GuestLayout::create({.ram_size = 5 * kGiB + kPageSize, .physical_bits = 48});
  ASSERT_TRUE(layout);
  ASSERT_EQ(layout->ram().size(), 2u);
  EXPECT_EQ(layout->ram()[0], range(0, 3 * kGiB));
  EXPECT_EQ(layout->ram()[1], range(4 * kGiB, 2 * kGiB + kPageSize));
  EXPECT_EQ(layout->window(), range(6 * kGiB + 2 * kMiB, GuestLayout::kDefaultDeviceMemory));
}

TEST(GuestLayout, DeviceMemoryBelowFourGiBEndsAtTheHole) {
  auto layout = GuestLayout::create(
      {.ram_size = 128 * kMiB, .physical_bits = 36, .device_memory_base = GuestAddress(2 * kGiB)});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->window(), range(2 * kGiB, kGiB));
  EXPECT_FALSE(layout->window().overlaps(layout->hole()));
}

TEST(GuestLayout, DeviceMemoryEndsWithThePhysicalWidth) {
  auto layout = GuestLayout::create(
      {.ram_size = kMiB, .physical_bits = 34, .device_memory_base = GuestAddress(4 * kGiB)});
  EXPECT_EQ(layout->window(), range(4 * kGiB, 12 * kGiB));
  EXPECT_FALSE(layout->memslots());
}

TEST(GuestLayout, MemoryForSlotsIsTheLastQuarter) {
  auto layout = GuestLayout::create({.ram_size = kMiB,
                                     .physical_bits = 36,
                                     .device_memory_base = GuestAddress(2 * kGiB),
                                     .device_memory_size = 13 * kMiB,
                                     .has_memslots = true});
  EXPECT_EQ(layout->window(), range(2 * kGiB, 10 * kMiB));
  EXPECT_EQ(layout->memslots(), range(2 * kGiB + 10 * kMiB, 3 * kMiB));
}

TEST(GuestLayout, TooLittleDeviceMemoryHasNoPartForSlots) {
  auto layout =
      GuestLayout::create({.ram_size = kMiB, .device_memory_size = 4 * kMiB, .has_memslots = true});
  EXPECT_EQ(layout->window().size(), 4 * kMiB);
  EXPECT_FALSE(layout->memslots());
}

TEST(GuestLayout, DoorbellsAreInTheHole) {
  auto layout = GuestLayout::create({.ram_size = kMiB});
  EXPECT_TRUE(layout->hole().contains(*layout->events().doorbells));
}

struct Refusal {
  const char* name;
  GuestLayout::Options options;
  int code;
};

class GuestLayoutRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(GuestLayoutRefusal, HasItsErrno) {
  EXPECT_EQ(GuestLayout::create(GetParam().options).error().code(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    All, GuestLayoutRefusal,
    testing::Values(
        Refusal{"NoRam", {.ram_size = 0}, EINVAL}, Refusal{"HalfAPage", {.ram_size = 2048}, EINVAL},
        Refusal{"AnOddWidth", {.ram_size = kMiB, .physical_bits = 64}, EINVAL},
        Refusal{"RamPastTheWidth", {.ram_size = 64 * kGiB, .physical_bits = 36}, ERANGE},
        Refusal{"RamThatOverflows", {.ram_size = 0 - kPageSize, .physical_bits = 36}, EINVAL},
        Refusal{"NoWidthLeft", {.ram_size = kMiB, .physical_bits = 32}, ERANGE},
        Refusal{"DeviceMemoryPastTheWidth",
                {.ram_size = kMiB,
                 .physical_bits = 36,
                 .device_memory_base = GuestAddress(63 * kGiB),
                 .device_memory_size = 2 * kGiB},
                ERANGE},
        Refusal{"DeviceMemoryOverRam",
                {.ram_size = 4 * kMiB,
                 .physical_bits = 36,
                 .device_memory_base = GuestAddress(2 * kMiB)},
                EEXIST},
        Refusal{"DeviceMemoryOverTheHole",
                {.ram_size = kMiB,
                 .physical_bits = 36,
                 .device_memory_base = GuestAddress(2 * kGiB),
                 .device_memory_size = kGiB + kPageSize},
                EEXIST},
        Refusal{"AMisalignedBase",
                {.ram_size = kMiB,
                 .physical_bits = 36,
                 .device_memory_base = GuestAddress(5 * kGiB + kPageSize)},
                EINVAL},
        Refusal{"DeviceMemoryOfSizeZero",
                {.ram_size = kMiB, .physical_bits = 36, .device_memory_size = 0},
                EINVAL},
        Refusal{"DeviceMemoryOfHalfAPage",
                {.ram_size = kMiB, .physical_bits = 36, .device_memory_size = 2048},
                EINVAL}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace vm_control
