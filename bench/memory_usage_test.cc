// SPDX-License-Identifier: BSD-3-Clause
#include "bench/memory_usage.h"

#include <gtest/gtest.h>

#include <vector>

namespace vm_control::bench {
namespace {

constexpr uint64_t kKib = 1024;

constexpr std::string_view kSmaps =
    "00400000-00410000 r-xp 00000000 08:01 7                  /bin/vmm\n"
    "Size:                 64 kB\n"
    "Rss:                  40 kB\n"
    "Pss:                  20 kB\n"
    "Pss_Dirty:             4 kB\n"
    "Shared_Clean:         30 kB\n"
    "Private_Clean:         8 kB\n"
    "Private_Dirty:         2 kB\n"
    "Anonymous:             2 kB\n"
    "VmFlags: rd ex mr mw me sd\n"
    "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
    "Rss:                 512 kB\n"
    "Pss:                 512 kB\n"
    "Private_Clean:         0 kB\n"
    "Private_Dirty:       512 kB\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n"
    "Rss:                   0 kB\n"
    "Pss:                   0 kB\n";

TEST(MemoryUsage, IsAllOfAProcessWithoutAGuest) {
  MemoryUsage usage = memory_beyond_guest(kSmaps, {});
  EXPECT_EQ(usage.resident, 552 * kKib);
  EXPECT_EQ(usage.proportional, 532 * kKib);
  EXPECT_EQ(usage.unshared, 522 * kKib);
}

TEST(MemoryUsage, LeavesTheMappingsOfTheGuestOut) {
  std::vector<HostRange> guest = {{0x7f0000000000, 0x7f0000100000}};
  MemoryUsage usage = memory_beyond_guest(kSmaps, guest);
  EXPECT_EQ(usage.resident, 40 * kKib);
  EXPECT_EQ(usage.proportional, 20 * kKib);
  EXPECT_EQ(usage.unshared, 10 * kKib);
}

TEST(MemoryUsage, AMappingWithAHoleForARomIsTheGuests) {
  std::vector<HostRange> guest = {{0x7f0000000000, 0x7f00000a0000},
                                  {0x7f00000c0000, 0x7f0000100000}};
  EXPECT_EQ(memory_beyond_guest(kSmaps, guest).resident, 40 * kKib);
}

TEST(MemoryUsage, AMappingThatTheGuestSeesAPageOfIsNotTheGuests) {
  std::vector<HostRange> guest = {{0x7f0000000000, 0x7f0000001000}};
  EXPECT_EQ(memory_beyond_guest(kSmaps, guest).resident, 552 * kKib);
}

TEST(MemoryUsage, OfNothingIsNothing) {
  EXPECT_EQ(memory_beyond_guest("", {}).resident, 0U);
  EXPECT_EQ(memory_beyond_guest("Rss: 4 kB\n", {}).resident, 0U);
  EXPECT_EQ(memory_beyond_guest("1000-2000 rw-p\nRss:\n", {}).resident, 0U);
}

}  // namespace
}  // namespace vm_control::bench
