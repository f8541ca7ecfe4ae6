// SPDX-License-Identifier: BSD-3-Clause
// A real VM of KVM that never runs: RAM in slot 0, no vCPU.
#pragma once

#include "vm_control/base/memory_mapping.h"
#include "vm_control/resources/virtual_machine.h"
#include "vm_control/kvm/vm.h"

namespace vm_control::bench {

class KvmMachine final : public VirtualMachine {
 public:
  // Errors: those of Kvm::open(), where there is no KVM, and of Vm::create().
  static Result<KvmMachine> create();

  kvm::Vm& vm() { return vm_; }

  Result<void> add_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags flags) override;
  Result<void> remove_memory(Slot slot) override;
  Result<void> register_ioevent(int event, const Ioevent& ioevent) override;
  Result<void> unregister_ioevent(int event, const Ioevent& ioevent) override;
  Result<void> register_irqfd(int event, uint32_t gsi) override;
  Result<void> unregister_irqfd(int event, uint32_t gsi) override;
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override;
  void request_pause() override {}
  void request_resume() override {}
  void request_exit() override {}
  Info info() const override { return {}; }

 private:
  KvmMachine(MemoryMapping ram, kvm::Vm vm) : ram_(std::move(ram)), vm_(std::move(vm)) {}

  // Declared first: it stays mapped until the VM is gone.
  MemoryMapping ram_;
  kvm::Vm vm_;
};

}  // namespace vm_control::bench
