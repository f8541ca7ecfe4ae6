// SPDX-License-Identifier: BSD-3-Clause
// A machine for the tests of this folder: 64 KiB of RAM, and one vCPU in real mode.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/kvm/guest_code.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/kvm/vcpu.h"
#include "vm_control/kvm/vm.h"

namespace vm_control::kvm {

// Guests start here, and their stack ends here.
inline constexpr uint64_t kCodeStart = 0x1000;
// A guest writes to this port when it is done: "out %al, $0xf4".
inline constexpr uint16_t kDonePort = 0xf4;
inline constexpr uint64_t kRamSize = 16 * kPageSize;
// The first free address, where tests put memory and doorbells: real-mode segment 0x2000.
inline constexpr uint64_t kFree = 0x20000;
inline constexpr uint16_t kFreeSegment = 0x2000;

inline GuestRange range(uint64_t start, uint64_t size) {
  return *GuestRange::create(GuestAddress(start), size);
}

// Skips the test if there is no KVM.
class KvmTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kvm = Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
    kvm_ = std::move(*kvm);
    auto vm = Vm::create(*kvm_);
    ASSERT_TRUE(vm) << vm.error().message();
    vm_ = std::move(*vm);
    ram_ = *MemoryMapping::anonymous(kRamSize);
    ASSERT_TRUE(vm_->set_memory(Slot(0), range(0, kRamSize), ram_.data(), {}));
  }

  // Makes a vCPU that is about to run `code`. Its segments have base 0, except DS: kFreeSegment.
  void start(std::span<const std::byte> code) {
    std::ranges::copy(code, ram_.data() + kCodeStart);
    auto vcpu = Vcpu::create(*kvm_, *vm_, 0);
    ASSERT_TRUE(vcpu) << vcpu.error().message();
    vcpu_ = std::move(*vcpu);
    restart();
  }

  // Takes the vCPU back to the start of the code, with these registers.
  void restart(kvm_regs regs = {}) {
    kvm_sregs sregs = *vcpu_->sregs();
    sregs.cs.base = sregs.cs.selector = 0;
    sregs.ds.base = kFree;
    sregs.ds.selector = kFreeSegment;
    ASSERT_TRUE(vcpu_->set_sregs(sregs));
    regs.rip = regs.rsp = kCodeStart;
    regs.rflags = 2;
    ASSERT_TRUE(vcpu_->set_regs(regs));
  }

  // Runs the vCPU until the next exit that is not Interrupted; fails the test on an error.
  VcpuExit next_exit() {
    for (;;) {
      auto exit = vcpu_->run();
      if (!exit) {
        ADD_FAILURE() << exit.error().message();
        return Interrupted{};
      }
      if (!std::holds_alternative<Interrupted>(*exit)) return *exit;
    }
  }

  bool runs_until_done() {
    VcpuExit exit = next_exit();
    auto* write = std::get_if<PortWrite>(&exit);
    return write && write->port == kDonePort;
  }

  std::optional<Kvm> kvm_;
  std::optional<Vm> vm_;
  MemoryMapping ram_;
  std::optional<Vcpu> vcpu_;
};

}  // namespace vm_control::kvm
