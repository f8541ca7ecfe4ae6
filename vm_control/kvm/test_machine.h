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

// Where guests start, and their stack ends.
inline constexpr uint64_t kCodeStart = 0x1000;
// A guest writes here to say that it is done: "out %al, $0xf4".
inline constexpr uint16_t kDonePort = 0xf4;
inline constexpr uint64_t kRamSize = 16 * kPageSize;
// Real-mode segment 0x2000: the first free address that tests put memory and doorbells at.
inline constexpr uint64_t kFree = 0x20000;
inline constexpr uint16_t kFreeSegment = 0x2000;

inline GuestRange range(uint64_t start, uint64_t size) {
  return *GuestRange::create(GuestAddress(start), size);
}

// Skips where there is no KVM to test.
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

  // Makes the vCPU, about to run `code` with segments of base 0 but for DS, which is kFreeSegment.
  void start(std::span<const std::byte> code) {
    std::ranges::copy(code, ram_.data() + kCodeStart);
    auto vcpu = Vcpu::create(*kvm_, *vm_, 0);
    ASSERT_TRUE(vcpu) << vcpu.error().message();
    vcpu_ = std::move(*vcpu);
    restart();
  }

  // Back to the start of the code, with these registers.
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

  // The next exit that is one, or a failure of the test.
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
