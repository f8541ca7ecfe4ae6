// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/memory/guest_ram.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <vector>

#include "vm_control/base/page.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kHigh = uint64_t{4} << 30;

class GuestRamTest : public testing::Test {
 protected:
  // 4 MiB from 0, and 2 MiB above the hole.
  static Result<GuestRam> two_ranges(GuestRam::Pages pages = GuestRam::Pages::kTransparentHuge) {
    std::vector<GuestRange> ranges{*GuestRange::create(GuestAddress(0), 4 * kMiB),
                                   *GuestRange::create(GuestAddress(kHigh), 2 * kMiB)};
    return GuestRam::create(ranges, pages);
  }

  // The pages of `bytes` that the host keeps in memory.
  static size_t resident_pages(std::span<std::byte> bytes) {
    std::vector<unsigned char> pages(bytes.size() / kPageSize);
    EXPECT_EQ(mincore(bytes.data(), bytes.size(), pages.data()), 0);
    size_t count = 0;
    for (unsigned char page : pages) count += page & 1;
    return count;
  }

  Result<GuestRam> ram_ = two_ranges();
};

TEST_F(GuestRamTest, HasItsRangesInOrder) {
  EXPECT_EQ(ram_->size(), 6 * kMiB);
  EXPECT_EQ(ram_->slots(), 2u);
  EXPECT_EQ(ram_->low().size(), 4 * kMiB);
}

TEST_F(GuestRamTest, CopiesToTheGuestAndBack) {
  constexpr uint64_t kValue = 0x1122334455667788;
  for (uint64_t address : {uint64_t{0}, 4 * kMiB - 8, kHigh, kHigh + 2 * kMiB - 8}) {
    ASSERT_TRUE(ram_->store(GuestAddress(address), kValue));
    EXPECT_EQ(*ram_->load<uint64_t>(GuestAddress(address)), kValue);
  }
  EXPECT_EQ(ram_->low()[4 * kMiB - 8], std::byte{0x88});
}

TEST_F(GuestRamTest, CopiesNothingFromNowhere) {
  EXPECT_TRUE(ram_->write(GuestAddress(0), {}));
  EXPECT_TRUE(ram_->read(GuestAddress(0), {}));
}

TEST_F(GuestRamTest, LetsNobodyPastTheEndOfARange) {
  std::array<std::byte, 8> eight{};
  for (uint64_t address : {4 * kMiB - 7, 4 * kMiB, kHigh - 1, kHigh + 2 * kMiB - 7, UINT64_MAX}) {
    EXPECT_EQ(ram_->read(GuestAddress(address), eight).error().code(), EFAULT);
    EXPECT_EQ(ram_->write(GuestAddress(address), eight).error().code(), EFAULT);
  }
  EXPECT_EQ(ram_->bytes(GuestAddress(8), UINT64_MAX).error().code(), EFAULT);
  EXPECT_EQ(ram_->bytes(GuestAddress(kHigh), 2 * kMiB + 1).error().code(), EFAULT);
}

TEST_F(GuestRamTest, GivesDiscardedPagesBackToTheHost) {
  std::span<std::byte> all = *ram_->bytes(GuestAddress(kHigh), 2 * kMiB);
  std::ranges::fill(all, std::byte{7});
  GuestRange part = *GuestRange::create(GuestAddress(kHigh + kMiB), 16 * kPageSize);
  ASSERT_TRUE(ram_->discard(part));
  EXPECT_EQ(resident_pages(all), all.size() / kPageSize - 16);
  EXPECT_EQ(all[kMiB], std::byte{0});
  EXPECT_EQ(all[kMiB - 1], std::byte{7});
}

TEST_F(GuestRamTest, DiscardsNothingButWholePagesOfItsOwn) {
  auto code = [&](uint64_t start, uint64_t size) {
    return ram_->discard(*GuestRange::create(GuestAddress(start), size)).error().code();
  };
  EXPECT_EQ(code(1, kPageSize), EINVAL);
  EXPECT_EQ(code(0, 100), EINVAL);
  EXPECT_EQ(code(4 * kMiB, kPageSize), EFAULT);
  EXPECT_EQ(code(4 * kMiB - kPageSize, 2 * kPageSize), EFAULT);
}

// Whether a host has huge pages set aside is up to its administrator: this one asks for more than
// any host has.
TEST_F(GuestRamTest, OfHugePagesThatAreNotSetAsideIsRefused) {
  std::vector<GuestRange> ranges{*GuestRange::create(GuestAddress(0), uint64_t{1} << 44)};
  EXPECT_EQ(GuestRam::create(ranges, GuestRam::Pages::kHuge).error().code(), ENOMEM);
}

TEST_F(GuestRamTest, OfHugePagesIsWholeHugePages) {
  std::vector<GuestRange> ranges{*GuestRange::create(GuestAddress(0), 3 * kMiB)};
  EXPECT_EQ(GuestRam::create(ranges, GuestRam::Pages::kHuge).error().code(), EINVAL);
}

TEST_F(GuestRamTest, OfHugePagesKeepsThem) {
  auto ram = two_ranges(GuestRam::Pages::kHuge);
  if (!ram) GTEST_SKIP() << "no huge pages are set aside here";
  std::ranges::fill(ram->low(), std::byte{7});
  ASSERT_TRUE(ram->discard(*GuestRange::create(GuestAddress(0), 4 * kMiB)));
  EXPECT_EQ(ram->low()[0], std::byte{7});
  EXPECT_EQ(ram->low()[4 * kMiB - 1], std::byte{7});
}

}  // namespace
}  // namespace vm_control::vmm
