// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace vm_control::vmctl {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kTiB = uint64_t{1} << 40;

RegionInfo part(uint32_t flag, uint64_t start, uint64_t size) {
  return {.address = GuestAddress(start), .size = size, .flags = flag};
}

RegionInfo region(uint64_t start, uint64_t size, uint64_t handle, uint32_t flags = 0) {
  return {.address = GuestAddress(start),
          .size = size,
          .handle = Handle(handle),
          .flags = flags,
          .owner_pid = 4242,
          .owner_uid = 1000};
}

const std::vector<RegionInfo> kSmall{part(kLayoutRam, 0, 128 * kMiB),
                                     part(kLayoutWindow, 2 * kGiB, kGiB),
                                     part(kLayoutHole, 3 * kGiB, kGiB)};

constexpr TextSize kWide{};

TEST(LayoutMap, OfAVmWithoutRegions) {
  EXPECT_EQ(draw_layout(kSmall, {}, kWide),
            R"(        0x0 +-----------------------------+
            | RAM                         |  128 MiB
            |                             |
            |                             |
            |                             |
  0x8000000 +-----------------------------+
            : nothing                     :  1.8 GiB
 0x80000000 +=============================+  window of 1 GiB for regions
            : free                        :  1 GiB
 0xc0000000 +=============================+
            | 32-bit hole                 |  1 GiB
            |                             |
            |                             |
            |                             |
            |                             |
0x100000000 +-----------------------------+
Each row more is 16 times the size; dotted space is cut to one row.)");
}

TEST(LayoutMap, RegionsHaveOwnersAndFlags) {
  std::string map =
      draw_layout(kSmall,
                  {region(0x8000'0000, 4096, 0x20001),
                   region(0x8000'1000, 4096, 0x40002, kRegionReadOnly | kRegionLogDirty),
                   region(0x8020'0000, 4 * kMiB, 0x60003, kRegionDetached)},
                  kWide);
  std::string window = map.substr(map.find(" 0x80000000"));
  EXPECT_EQ(window.substr(0, window.find(" 0xc0000000")),
            R"( 0x80000000 +=============================+  window of 1 GiB for regions
            | pid 4242 (uid 1000)         |  4 KiB  0x20001
 0x80001000 +-----------------------------+
            | pid 4242 (uid 1000)         |  4 KiB  0x40002
            |                             |  read-only, dirty log
 0x80002000 +-----------------------------+
            : free                        :  1.9 MiB
 0x80200000 +-----------------------------+
            | the VM                      |  4 MiB  0x60003
            |                             |
            |                             |
 0x80600000 +-----------------------------+
            : free                        :  1018 MiB
)");
}

TEST(LayoutMap, IsNoWiderThan80Columns) {
  std::vector<RegionInfo> layout{part(kLayoutRam, 0, 3 * kGiB), part(kLayoutHole, 3 * kGiB, kGiB),
                                 part(kLayoutRam, 4 * kGiB, kTiB),
                                 part(kLayoutWindow, 1024 * kTiB, 3072 * kTiB)};
  RegionInfo widest = region(1024 * kTiB, 0x1234'5678'9000, 0xffff'ffff'fffe'ffff,
                             kRegionReadOnly | kRegionLogDirty | kRegionQuarantined);
  widest.owner_pid = 4194304;
  widest.owner_uid = 4294967294;
  std::istringstream lines(draw_layout(layout, {widest}, kWide));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(LayoutMap, LeavesOutWhatIsInNoWindow) {
  EXPECT_EQ(draw_layout(kSmall, {region(0, 4096, 0x20001), region(8 * kGiB, 4096, 0x40002)}, kWide),
            draw_layout(kSmall, {}, kWide));
}

struct Extent {
  size_t columns = 0;
  size_t lines = 0;
};

Extent extent_of(const std::string& text) {
  Extent extent;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line); ++extent.lines) {
    extent.columns = std::max(extent.columns, line.size());
  }
  return extent;
}

TEST(LayoutMap, OnANarrowScreenHasNotesInTheBoxes) {
  std::string map = draw_layout(kSmall, {region(0x8000'0000, 4096, 0x20001)}, {.columns = 40});
  std::string window = map.substr(map.find(" 0x80000000"));
  EXPECT_EQ(window.substr(0, window.find(" 0xc0000000")),
            R"( 0x80000000 +==========================+
            = window of 1 GiB for      =
            = regions                  =
            | pid 4242 (uid 1000)      |
            | 4 KiB  0x20001           |
 0x80001000 +--------------------------+
            : free                     :
            : 1023.9 MiB               :
)") << map;
  EXPECT_LE(extent_of(map).columns, 40u) << map;
}

TEST(LayoutMap, OfManyRegionsFitsTheScreen) {
  for (uint64_t distance : {kMiB, kMiB / 256}) {
    std::vector<RegionInfo> regions;
    for (uint64_t i = 0; i < 40; ++i) {
      regions.push_back(region(0x8000'0000 + i * distance, 4096, 0x20001 + i));
    }
    for (size_t columns : {40u, 80u, 200u}) {
      Extent extent = extent_of(draw_layout(kSmall, regions, {.columns = columns, .lines = 24}));
      EXPECT_LE(extent.columns, columns);
      EXPECT_LT(extent.lines, 24u) << columns;
    }
  }
}

TEST(LayoutMap, OfRegionsThatShareABoxCountsThem) {
  std::vector<RegionInfo> regions;
  for (uint64_t i = 0; i < 16; ++i) {
    regions.push_back(region(0x8000'0000 + i * 4096, 4096, 0x20001 + i));
  }
  std::string map = draw_layout(kSmall, regions, {.columns = 80, .lines = 16});
  EXPECT_NE(map.find(" 0x80000000 | 2 regions                   |  8 KiB\n"
                     " 0x80002000 | 2 regions                   |  8 KiB\n"),
            std::string::npos)
      << map;
}

}  // namespace
}  // namespace vm_control::vmctl
