// SPDX-License-Identifier: BSD-3-Clause
// Requests about the machine as a whole, and clients that work at the same time.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"
#include "vmm/machine/machine.h"

namespace vm_control {
namespace {

class Control : public SocketTest {};

TEST_P(Control, TheBalloonIsAdjusted) {
  for (int32_t pages : {1, -1, 0}) {
    auto adjusted = client().adjust_balloon(pages);
    EXPECT_TRUE(adjusted) << adjusted.error().message();
  }
  EXPECT_EQ(guest().peek(kDeviceMemory), nothing()) << "and goes on";
}

TEST_P(Control, ExitIsAnsweredAndStopsTheMachine) {
  auto accepted = client().exit();
  EXPECT_TRUE(accepted) << accepted.error().message();
  auto reason = vm_->wait();
  ASSERT_TRUE(reason) << reason.error().message();
  EXPECT_EQ(reason->kind, vmm::ExitReason::Kind::kRequested) << describe(*reason);
}

INSTANTIATE_OVER_BOTH_SOCKETS(Control);

TEST_F(VmTest, AGuestThatHaltsStopsItsMachine) {
  guest().halt();
  auto reason = vm_->wait();
  ASSERT_TRUE(reason) << reason.error().message();
  EXPECT_EQ(reason->kind, vmm::ExitReason::Kind::kPowerOff) << describe(*reason);
}

// The slots and pages that a client has at the moment.
class Claims {
 public:
  // Claims the region's slot and pages. Returns whether they were all free.
  bool claim(const response::Memory& region, uint64_t pages) {
    std::lock_guard lock(mutex_);
    bool fresh = slots_.insert(region.slot.value()).second;
    for (uint64_t i = 0; i < pages; ++i) fresh &= pages_.insert(region.pfn.value() + i).second;
    return fresh;
  }
  void release(const response::Memory& region, uint64_t pages) {
    std::lock_guard lock(mutex_);
    slots_.erase(region.slot.value());
    for (uint64_t i = 0; i < pages; ++i) pages_.erase(region.pfn.value() + i);
  }

 private:
  std::mutex mutex_;
  std::set<uint32_t> slots_;
  std::set<uint64_t> pages_;
};

// Registers and unregisters memory many times. Returns how often that succeeded.
int register_and_unregister(Client client, uint64_t pages, Claims& claims) {
  constexpr int kRounds = 1000;
  HostMemory memory(pages * kPageSize);
  int done = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto region = client.register_memory(memory.fd(), memory.size());
    if (!region || !claims.claim(*region, pages)) break;
    claims.release(*region, pages);
    if (!client.unregister_memory(region->slot)) break;
    ++done;
  }
  return done;
}

class TwoClients : public VmTest,
                   public testing::WithParamInterface<std::pair<SocketType, SocketType>> {};

TEST_P(TwoClients, DoNotDisturbEachOther) {
  Claims claims;
  std::atomic<int> done = 0;
  auto start = [&](SocketType type, uint64_t pages) {
    return std::thread([&, pages, client = vm_->connect(type)]() mutable {
      done += register_and_unregister(std::move(client), pages, claims);
    });
  };
  std::thread one = start(GetParam().first, 1);
  std::thread other = start(GetParam().second, 3);
  one.join();
  other.join();
  EXPECT_EQ(done, 2000);
  EXPECT_EQ(guest().peek(kDeviceMemory), kHole);
}

INSTANTIATE_TEST_SUITE_P(Over, TwoClients,
                         testing::Values(std::pair(SocketType::kSeqpacket, SocketType::kSeqpacket),
                                         std::pair(SocketType::kDatagram, SocketType::kDatagram),
                                         std::pair(SocketType::kSeqpacket, SocketType::kDatagram)),
                         [](const auto& types) {
                           return std::string(to_string(types.param.first)) + "_" +
                                  to_string(types.param.second);
                         });

}  // namespace
}  // namespace vm_control
