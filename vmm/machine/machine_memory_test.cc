// SPDX-License-Identifier: BSD-3-Clause
#include <sys/mman.h>

#include "vm_control/base/test_memory.h"
#include "vm_control/resources/memory_faults.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmm {
namespace {

// A machine whose guest counts in memory that its owner then shrinks.
class ShrunkMemoryTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    Options with = options(count);
    with.memory_faults = faults_.get();
    create(with);
    memory_ = *MemoryMapping::shared(file_.get(), 0, kPageSize);
    add_memory();
    ASSERT_TRUE(machine_->start());
    ASSERT_TRUE(counts_on());
    faults_->set_watching(true);
  }

  // The machine ends before faults_, which its vCPU thread reports to.
  void TearDown() override { machine_.reset(); }

  void shrink() { resize(file_, 0); }

  void replace_memory() {
    void* filler = mmap(memory_.data(), kPageSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    EXPECT_EQ(filler, memory_.data());
  }

  std::unique_ptr<MemoryFaults> faults_ = *MemoryFaults::create();
  UniqueFd file_ = make_unsealable_memory(kPageSize);
};

TEST_F(ShrunkMemoryTest, TheGuestGoesOnOnceItsMemoryIsReplaced) {
  shrink();
  ASSERT_TRUE(becomes_readable(faults_->event().fd()));
  int calls = 0;
  auto replace = [&] {
    replace_memory();
    ++calls;
    return true;
  };
  // With hardware paging, KVM reports a fault, an older one without its address. With shadow paging
  // it reports an access.
  faults_->serve(
      [&](std::optional<GuestAddress> where) {
        EXPECT_EQ(where.value_or(GuestAddress(kDeviceMemory)), GuestAddress(kDeviceMemory));
        return replace();
      },
      [&](GuestAddress) { return replace(); });
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(counts_on());
  EXPECT_EQ(machine_->state(), VmState::kRunning);
}

TEST_F(ShrunkMemoryTest, AMachineThatWaitsForItsMemoryCanBePausedAndStopped) {
  shrink();
  ASSERT_TRUE(becomes_readable(faults_->event().fd()));
  machine_->request_pause();
  EXPECT_TRUE(becomes(VmState::kPaused));
  machine_->request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
}

}  // namespace
}  // namespace vm_control::vmm
