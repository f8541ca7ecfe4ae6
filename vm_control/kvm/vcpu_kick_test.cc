// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vcpu_kick.h"

#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "vm_control/base/test_limit.h"
#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

constexpr uint32_t kRounds = 1000;
constexpr uint32_t kEnd = UINT32_MAX;

GUEST_CODE16(spin, "1: jmp 1b");
GUEST_CODE16(sleep, "1: cli; hlt; jmp 1b");

class VcpuKickTest : public KvmTest {
 protected:
  // Runs the vCPU until `asked_` is kEnd. After each exit, `seen_` is the request that it found.
  void run_vcpu() {
    for (uint32_t asked = 0; asked != kEnd; seen_.store(asked)) {
      if (!std::holds_alternative<Interrupted>(vcpu_->run().value())) ++strange_exits_;
      asked = asked_.load(std::memory_order_relaxed);  // the kick orders it
    }
  }

  // Whether the vCPU thread finds `request` soon after one kick.
  bool kick(uint32_t request) {
    asked_.store(request, std::memory_order_relaxed);
    vcpu_->kick();
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (seen_.load() != request) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  // Kicks right after the last exit, to meet the vCPU on its way into KVM_RUN, and sometimes later,
  // to meet it inside.
  void kick_often() {
    std::thread thread([this] { run_vcpu(); });
    for (uint32_t round = 1; round <= kRounds; ++round) {
      if (round % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(round % 500));
      bool arrived = kick(round);
      EXPECT_TRUE(arrived) << round;
      if (!arrived) break;
    }
    while (!kick(kEnd)) ADD_FAILURE();
    thread.join();
    EXPECT_EQ(strange_exits_, 0);
  }

  std::atomic<uint32_t> asked_{0};
  std::atomic<uint32_t> seen_{0};
  int strange_exits_ = 0;
};

TEST_F(VcpuKickTest, BringsOutAVcpuThatSpins) {
  start(spin);
  kick_often();
}

TEST_F(VcpuKickTest, BringsOutAVcpuThatSleepsInTheKernel) {
  ASSERT_TRUE(vm_->create_irqchip());
  start(sleep);
  kick_often();
}

TEST_F(VcpuKickTest, BringsOutAVcpuThatNobodyStarted) {
  ASSERT_TRUE(vm_->create_irqchip());
  start(sleep);
  vcpu_ = *Vcpu::create(*kvm_, *vm_, 1);
  kick_often();
}

TEST_F(VcpuKickTest, IsKeptForTheNextRunAndTakenByIt) {
  start(spin);
  vcpu_->kick();
  vcpu_->kick();
  EXPECT_TRUE(std::holds_alternative<Interrupted>(vcpu_->run().value()));
  std::thread thread([this] { run_vcpu(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(seen_.load(), 0u);
  EXPECT_TRUE(kick(kEnd));
  thread.join();
}

TEST_F(VcpuKickTest, ReachesAThreadThatWasStartedWithAllSignalsBlocked) {
  start(spin);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([this] { run_vcpu(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(kick(kEnd));
  thread.join();
}

TEST_F(VcpuKickTest, BringsOutAVcpuWhenTheQueueOfSignalsIsFull) {
  LowLimit limit(RLIMIT_SIGPENDING, 0);  // as if the queue were full
  start(spin);
  kick_often();
}

// A call of the kernel stands in for KVM_RUN, but knows no immediate_exit: hence many kicks.
TEST(VcpuKick, ReachesItsThreadWhenTheQueueOfSignalsIsFull) {
  LowLimit limit(RLIMIT_SIGPENDING, 0);  // as if the queue were full
  ASSERT_TRUE(VcpuKick::take_signal());
  kvm_run run{};
  VcpuKick kick(run);
  std::atomic<bool> is_out{false};
  std::thread thread([&] {
    kick.enter();
    bool interrupted = poll(nullptr, 0, 60'000) < 0;
    kick.leave(interrupted);
    is_out = interrupted;
  });
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!is_out && std::chrono::steady_clock::now() < deadline) {
    kick.kick();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(is_out);
  thread.join();
}

}  // namespace
}  // namespace vm_control::kvm
