// SPDX-License-Identifier: BSD-3-Clause
#include <thread>

#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmm {
namespace {

// A machine whose guest counts in memory_.
class PauseTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    create(options(count));
    memory_ = *MemoryMapping::anonymous(kPageSize);
    add_memory();
  }
};

TEST_F(PauseTest, APausedGuestDoesNothingUntilItIsResumed) {
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(machine_->state(), VmState::kRunning);
  ASSERT_TRUE(counts_on());
  machine_->request_pause();
  ASSERT_TRUE(becomes_readable(machine_->state_changed().fd()));
  EXPECT_EQ(machine_->state(), VmState::kPaused);
  uint32_t before = counter();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(counter(), before);
  machine_->request_resume();
  EXPECT_EQ(machine_->state(), VmState::kRunning);
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, StartsPausedWhenItWasAskedBeforeItStarted) {
  machine_->request_pause();
  ASSERT_TRUE(machine_->start());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(machine_->state(), VmState::kPaused);
  EXPECT_EQ(counter(), 0u);
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, ASecondPauseAndAResumeOfARunningGuestDoNothing) {
  ASSERT_TRUE(machine_->start());
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
  machine_->request_pause();
  machine_->request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, APausedMachineStopsWhenAsked) {
  ASSERT_TRUE(machine_->start());
  machine_->request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  machine_->request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
  EXPECT_EQ(machine_->state(), VmState::kExited);
  machine_->request_pause();
  machine_->request_resume();
  EXPECT_EQ(machine_->state(), VmState::kExited);
}

TEST_F(PauseTest, SurvivesPausesResumesAndExitsAtTheSameTime) {
  for (int round = 0; round < 50; ++round) {
    Options with = options(spin);
    with.cpus = 2;
    create(with);
    ASSERT_TRUE(machine_->start());
    std::thread pauses([this] {
      for (int i = 0; i < 20; ++i) machine_->request_pause();
    });
    std::thread resumes([this] {
      for (int i = 0; i < 20; ++i) machine_->request_resume();
    });
    if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
    machine_->request_exit();
    EXPECT_EQ(reason().kind, Kind::kRequested);
    pauses.join();
    resumes.join();
  }
}

// The vCPU thread may serve the reset before the pause, during it, or after it.
TEST_F(MachineTest, AResetCountsWhereverAPauseMeetsIt) {
  for (int round = 0; round < 100; ++round) {
    create(options(print_and_reset));
    ASSERT_TRUE(machine_->start());
    std::this_thread::sleep_for(std::chrono::microseconds(10 * round));
    machine_->request_pause();
    ASSERT_TRUE(becomes_readable(machine_->state_changed().fd()));
    machine_->request_resume();
    EXPECT_EQ(reason().kind, Kind::kReset);
    EXPECT_EQ(machine_->state(), VmState::kExited);
  }
}

TEST_F(MachineTest, AConsoleThatNobodyReadsDoesNotHoldUpAPause) {
  std::mutex reader;
  std::unique_lock absent(reader);
  create(options(print_and_reset),
         [&](std::span<const std::byte>) { std::lock_guard wait(reader); });
  ASSERT_TRUE(machine_->start());
  machine_->request_pause();
  EXPECT_TRUE(becomes(VmState::kPaused));
  absent.unlock();
  machine_->request_resume();
  EXPECT_EQ(reason().kind, Kind::kReset);
}

TEST_F(PauseTest, TheAdapterPausesAndDescribesTheMachine) {
  KvmVirtualMachine vm(*machine_, [] {});
  EXPECT_EQ(vm.info().vcpus, 1u);
  EXPECT_EQ(vm.info().ram_bytes, 4 * kMiB);
  ASSERT_TRUE(machine_->start());
  vm.request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  EXPECT_EQ(vm.info().state, VmState::kPaused);
  vm.request_resume();
  EXPECT_EQ(vm.info().state, VmState::kRunning);
}

}  // namespace
}  // namespace vm_control::vmm
