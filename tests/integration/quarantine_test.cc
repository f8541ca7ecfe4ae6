// SPDX-License-Identifier: BSD-3-Clause
// Memory that its sender shrinks while the guest uses it.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/resources/test_mounts.h"

namespace vm_control {
namespace {

constexpr off_t kSize = 16 * kPageSize;
constexpr std::chrono::seconds kEventPatience(30);

// Makes the guest write and read a range of memory in a loop.
class Hammer {
 public:
  Hammer(Monitor& guest, uint64_t address)
      : thread_([this, &guest, address] {
          while (!stopping_) {
            guest.fill(address, kSize, 0x5a);
            guest.sum(address, kSize);
            ++turns_;
          }
        }) {}
  ~Hammer() {
    stopping_ = true;
    thread_.join();
  }
  Hammer(const Hammer&) = delete;
  Hammer& operator=(const Hammer&) = delete;

  void wait_for_turns(int count) const {
    int start = turns_;
    auto deadline = std::chrono::steady_clock::now() + kEventPatience;
    while (turns_ < start + count && std::chrono::steady_clock::now() < deadline) usleep(1000);
  }

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<int> turns_ = 0;
  std::thread thread_;
};

uint32_t word_of(const UniqueFd& file) {
  uint32_t word = 0;
  EXPECT_EQ(pread(file.get(), &word, sizeof word, 0), ssize_t{sizeof word});
  return word;
}

class Quarantine : public VmTest {
 protected:
  void SetUp() override {
    VmTest::SetUp();
    if (vm_) client_ = vm_->connect(SocketType::kSeqpacket);
  }

  Client& client() { return *client_; }
  Handle map(const UniqueFd& file) {
    auto region = client().map_memory(file.get(), kSize, {.at = GuestAddress(kDeviceMemory)});
    EXPECT_TRUE(region) << region.error().message();
    return region ? region->handle : Handle();
  }

  std::optional<Client> client_;
};

TEST_F(Quarantine, MemoryThatVanishesUnderTheGuestIsReplaced) {
  auto events = client().subscribe(event_bit(EventType::kRegionQuarantined));
  ASSERT_TRUE(events);
  UniqueFd file = make_unsealable_memory(kSize);
  HostMemory other(kPageSize);
  Handle handle = map(file);
  uint64_t neighbour = client().map_memory(other.fd(), other.size())->address.value();
  guest().poke(kDeviceMemory, 0x1234'5678);
  ASSERT_EQ(guest().peek(kDeviceMemory), 0x1234'5678u);

  resize(file, 0);
  EXPECT_EQ(guest().peek(kDeviceMemory), kHole);
  auto event = events->next(kEventPatience);
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(event->type, EventType::kRegionQuarantined);
  EXPECT_EQ(std::get<RegionInfo>(event->detail).handle, handle);
  EXPECT_TRUE(vm_->has_logged("registered by pid " + std::to_string(getpid()) + " "));
  auto region = client().next_region();
  ASSERT_TRUE(region && *region);
  EXPECT_EQ((*region)->handle, handle);
  EXPECT_TRUE((*region)->flags & kRegionQuarantined);

  resize(file, kSize);
  guest().poke(kDeviceMemory, 1);
  EXPECT_EQ(word_of(file), 0u) << "it stays away";
  guest().poke(neighbour, 2);
  EXPECT_EQ(other.word(0), 2u) << "and others are as they were";
  ASSERT_TRUE(client().unmap_memory(handle));
  map(file);
  guest().poke(kDeviceMemory, 3);
  EXPECT_EQ(guest().peek(kDeviceMemory), 3u) << "the addresses are free for other memory";
}

TEST_F(Quarantine, MemoryThatAFullDiskCantGiveIsReplaced) {
  auto disk = TestDisk::create();
  if (!disk) GTEST_SKIP() << "this user may mount nothing";
  auto events = client().subscribe(event_bit(EventType::kRegionQuarantined));
  ASSERT_TRUE(events);
  UniqueFd file = disk->make_file(kSize);
  UniqueFd whole = disk->make_file(kPageSize);
  ASSERT_EQ(fallocate(whole.get(), 0, 0, kPageSize), 0);
  Handle handle = map(file);
  uint64_t neighbour = client().map_memory(whole.get(), kPageSize)->address.value();
  guest().poke(kDeviceMemory, 1);
  EXPECT_EQ(word_of(file), 1u);

  disk->fill();
  guest().poke(kDeviceMemory + kPageSize, 2);
  auto event = events->next(kEventPatience);
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(std::get<RegionInfo>(event->detail).handle, handle);
  EXPECT_TRUE(vm_->has_logged("registered by pid " + std::to_string(getpid()) + " "));
  EXPECT_EQ(guest().peek(kDeviceMemory), kHole);
  guest().poke(neighbour, 3);
  EXPECT_EQ(word_of(whole), 3u) << "another region of the same disk is as it was";
}

TEST_F(Quarantine, ARaceOfTheSenderAgainstTheGuestIsLost) {
  constexpr int kRounds = 300;
  {
    Hammer hammer(guest(), kDeviceMemory);
    for (int i = 0; i < kRounds && client().status(); ++i) {
      UniqueFd file = make_unsealable_memory(kSize);
      Handle handle = map(file);
      if (i % 10 == 0) hammer.wait_for_turns(1);
      for (off_t size : {off_t{0}, kSize, off_t{kPageSize}, kSize}) {
        resize(file, size);
        if (i % 3 == 0) usleep(500);
      }
      EXPECT_TRUE(client().unmap_memory(handle)) << i;
    }
    auto status = client().status();
    ASSERT_TRUE(status) << status.error().message();
    EXPECT_EQ(status->state, VmState::kRunning);
  }
  HostMemory memory(kPageSize);
  ASSERT_TRUE(client().map_memory(memory.fd(), memory.size()));
  guest().poke(kDeviceMemory, 0x600d'600d);
  EXPECT_EQ(memory.word(0), 0x600d'600du);
}

}  // namespace
}  // namespace vm_control
