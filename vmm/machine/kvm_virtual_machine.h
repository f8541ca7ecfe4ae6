// SPDX-License-Identifier: BSD-3-Clause
// Gives the reference machine to the control plane, which knows it as a VirtualMachine.
#pragma once

#include <utility>
#include <vector>

#include "vm_control/base/function.h"
#include "vm_control/resources/virtual_machine.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

class KvmVirtualMachine final : public VirtualMachine {
 public:
  // machine  outlives this.
  // exit     makes `machine` stop; request_exit() calls it.
  KvmVirtualMachine(Machine& machine, Function<void()> exit)
      : machine_(machine), exit_(std::move(exit)) {}

  Result<void> add_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags flags) override;
  Result<void> remove_memory(Slot slot) override;
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override;
  Result<void> register_ioevent(int event, const Ioevent& ioevent) override;
  Result<void> unregister_ioevent(int event, const Ioevent& ioevent) override;
  Result<void> register_irqfd(int event, uint32_t gsi) override;
  Result<void> unregister_irqfd(int event, uint32_t gsi) override;
  void request_pause() override;
  void request_resume() override;
  void request_exit() override;
  Result<void> request_power_button() override;
  Info info() const override;

 private:
  Machine& machine_;
  Function<void()> exit_;
};

}  // namespace vm_control::vmm
