// SPDX-License-Identifier: BSD-3-Clause
// The watch with files on a disk that is full. Those that shrink: server_events_test.cc.
#include "vm_control/resources/memory_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "vm_control/base/page.h"
#include "vm_control/resources/fake_virtual_machine.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/resources/test_mounts.h"
#include "vm_control/resources/window_mapper.h"

namespace vm_control {
namespace {

constexpr uint64_t kRegionSize = 4 * kPageSize;
constexpr GuestAddress kWatchedWindow(0x8000'0000);

// Both ways to map memory, which have the pages of a region in different places.
enum class Way { kWindow, kMemslots };

class FullDisk : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    disk_ = TestDisk::create();
    if (!disk_) GTEST_SKIP() << "this user may mount nothing";
  }

  std::unique_ptr<MemoryMapper> make_mapper() {
    if (GetParam() == Way::kMemslots) return std::make_unique<MemslotMapper>(vm_);
    return *WindowMapper::create(vm_, Slot(0), window_);
  }

  Region add(const UniqueFd& file, RegionFlags flags = {}) {
    auto region =
        memory_.add({.source = {.fd = file.get(), .size = kRegionSize, .flags = flags}}, *account_);
    EXPECT_TRUE(region) << region.error().message();
    return *region;
  }
  static GuestAddress page(const Region& region, uint64_t number) {
    return *region.range.start().checked_add(number * kPageSize);
  }
  bool is_quarantined(const Region& region) { return memory_.find(region.handle)->quarantined; }

  std::optional<TestDisk> disk_;
  FakeVirtualMachine vm_;
  GuestRange window_ = *GuestRange::create(kWatchedWindow, 16 << 20);
  std::unique_ptr<MemoryMapper> mapper_ = make_mapper();
  std::shared_ptr<Account> account_ = std::make_shared<Account>(Resources::unlimited());
  DeviceMemory memory_{{.window = {window_, *mapper_}}, Slot(1), 8, *MountTable::create()};
  EventLoop loop_ = *EventLoop::create();
  std::unique_ptr<MemoryFaults> faults_ = *MemoryFaults::create();
  std::unique_ptr<MemoryWatch> watch_ = *MemoryWatch::create(loop_, memory_, *faults_);
};

INSTANTIATE_TEST_SUITE_P(Ways, FullDisk, testing::Values(Way::kWindow, Way::kMemslots),
                         [](const auto& test) {
                           return test.param == Way::kWindow ? "Window" : "Memslots";
                         });

TEST_P(FullDisk, AnAccessToAPageThatItCantGiveQuarantinesTheRegion) {
  UniqueFd file = disk_->make_file(kRegionSize);
  ASSERT_EQ(pwrite(file.get(), "x", 1, 0), 1);
  Region region = add(file);
  EXPECT_FALSE(watch_->on_access(page(region, 1))) << "there is room for this one";
  disk_->fill();
  EXPECT_FALSE(watch_->on_access(page(region, 0)));
  EXPECT_FALSE(watch_->on_access(page(region, 1)));
  EXPECT_FALSE(watch_->on_access(page(region, 4))) << "nothing is there";
  EXPECT_FALSE(is_quarantined(region));
  EXPECT_TRUE(watch_->on_access(page(region, 2)));
  EXPECT_TRUE(is_quarantined(region));
  EXPECT_FALSE(watch_->on_access(page(region, 2))) << "once";
}

TEST_P(FullDisk, OnlyTheRegionsOfFilesThatLackPagesAreQuarantined) {
  UniqueFd whole = disk_->make_file(kRegionSize);
  ASSERT_EQ(fallocate(whole.get(), 0, 0, kRegionSize), 0);
  Region other = add(whole);
  Region region = add(disk_->make_file(kRegionSize));
  EXPECT_FALSE(watch_->look_for_full_disks());
  EXPECT_FALSE(watch_->look_for_full_disks());
  disk_->fill();
  EXPECT_FALSE(watch_->look_for_full_disks()) << "it may have room again at once";
  EXPECT_TRUE(watch_->look_for_full_disks());
  EXPECT_TRUE(is_quarantined(region));
  EXPECT_FALSE(is_quarantined(other));
}

TEST_P(FullDisk, RoomBetweenTwoLooksIsRoom) {
  Region region = add(disk_->make_file(kRegionSize));
  for (int i = 0; i < 3; ++i) {
    disk_->fill();
    EXPECT_FALSE(watch_->look_for_full_disks());
    disk_->empty();
    EXPECT_FALSE(watch_->look_for_full_disks());
  }
  EXPECT_FALSE(is_quarantined(region));
}

TEST_P(FullDisk, IsTheCauseOfAFaultWithoutAnAddress) {
  Region region = add(disk_->make_file(kRegionSize));
  disk_->fill();
  while (!is_quarantined(region)) ASSERT_TRUE(watch_->on_memory_fault({}));
}

TEST_P(FullDisk, IsNoticedByTheWatchItself) {
  Region region = add(disk_->make_file(kRegionSize));
  disk_->fill();
  auto deadline = EventLoop::Clock::now() + std::chrono::seconds(60);
  while (!is_quarantined(region) && EventLoop::Clock::now() < deadline) loop_.run_once(1000);
  EXPECT_TRUE(is_quarantined(region));
}

}  // namespace
}  // namespace vm_control
