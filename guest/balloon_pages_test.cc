// SPDX-License-Identifier: BSD-3-Clause
#include "guest/balloon_pages.h"

#include <gtest/gtest.h>

namespace vm_control::guest {
namespace {

constexpr uint32_t kTestRam = 128u << 20;
constexpr uint32_t kTestPages = 32768;
constexpr uint32_t kKeptPages = 2048;

void expect_chunk(const BalloonChunk& chunk, bool give, uint32_t first_page, uint32_t pages) {
  EXPECT_EQ(chunk.give, give);
  EXPECT_EQ(chunk.first_page, first_page);
  EXPECT_EQ(chunk.pages, pages);
}

void reach(BalloonPages& pages, uint32_t wanted) {
  while (pages.next(wanted).pages) pages.finish(pages.next(wanted));
}

TEST(BalloonPages, HasNothingToDoAtFirst) {
  const BalloonPages pages(kTestRam);
  EXPECT_EQ(pages.ram_pages(), kTestPages);
  EXPECT_EQ(pages.given(), 0u);
  EXPECT_EQ(pages.next(0).pages, 0u);
}

TEST(BalloonPages, GivesFromTheTopOfRamDownward) {
  BalloonPages pages(kTestRam);
  expect_chunk(pages.next(300), true, kTestPages - 256, 256);
  pages.finish(pages.next(300));
  expect_chunk(pages.next(300), true, kTestPages - 300, 44);
  pages.finish(pages.next(300));
  EXPECT_EQ(pages.given(), 300u);
  EXPECT_EQ(pages.next(300).pages, 0u);
}

TEST(BalloonPages, TakesBackWhatItGaveLast) {
  BalloonPages pages(kTestRam);
  reach(pages, 300);
  expect_chunk(pages.next(0), false, kTestPages - 300, 256);
  pages.finish(pages.next(0));
  expect_chunk(pages.next(1), false, kTestPages - 44, 43);
  pages.finish(pages.next(1));
  EXPECT_EQ(pages.given(), 1u);
  expect_chunk(pages.next(0), false, kTestPages - 1, 1);
}

TEST(BalloonPages, KeepsTheLowestRam) {
  BalloonPages pages(kTestRam);
  EXPECT_EQ(pages.most(), kTestPages - kKeptPages);
  reach(pages, UINT32_MAX);
  EXPECT_EQ(pages.given(), kTestPages - kKeptPages);
  expect_chunk(pages.next(0), false, kKeptPages, 256);
}

TEST(BalloonPages, GivesNothingOfASmallRam) {
  for (const uint32_t ram : {2u << 20, 8u << 20, (8u << 20) + 4095}) {
    const BalloonPages pages(ram);
    EXPECT_EQ(pages.most(), 0u);
    EXPECT_EQ(pages.next(UINT32_MAX).pages, 0u);
  }
}

}  // namespace
}  // namespace vm_control::guest
