// SPDX-License-Identifier: BSD-3-Clause
// One virtual CPU.
//
//   while (!done) {
//     auto exit = vcpu.run();          another thread:  done = true; vcpu.kick();
//     ...
//   }
//
// Threads: one at a time, preferably always the same; any thread may call kick().
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <memory>
#include <span>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/kvm/vcpu_exit.h"
#include "vm_control/kvm/vcpu_kick.h"
#include "vm_control/kvm/vm.h"

namespace vm_control::kvm {

class Vcpu {
 public:
  // Adds a vCPU to `vm`, in the state of a CPU after reset. Takes SIGURG of this process.
  //
  // id      the id of its local APIC, below max_vcpus. With an irqchip, a vCPU other than 0 waits
  //         until another one starts it.
  // Errors  EEXIST   there is a vCPU of that id.
  //         EINVAL   the id is too high, or the machine is full.
  //         ENOTSUP  this host has no immediate_exit (Linux before 4.13).
  //         ENOMEM, EMFILE, ENFILE.
  static Result<Vcpu> create(const Kvm& kvm, const Vm& vm, uint32_t id);

  Result<kvm_regs> regs() const;
  Result<void> set_regs(const kvm_regs& regs);
  Result<kvm_sregs> sregs() const;
  Result<void> set_sregs(const kvm_sregs& sregs);

  // Sets what the CPUID instruction returns, before the first run. Errors: E2BIG (too many leaves),
  // EINVAL.
  Result<void> set_cpuid(std::span<const kvm_cpuid_entry2> cpuid);

  // Sets model-specific registers. Errors: EINVAL (KVM refuses one, which the message names; those
  // before it are set).
  Result<void> set_msrs(std::span<const kvm_msr_entry> msrs);

  // The registers of the local APIC, in their layout in memory, with an irqchip.
  // Errors: EINVAL (there is no irqchip).
  Result<kvm_lapic_state> lapic() const;
  Result<void> set_lapic(const kvm_lapic_state& lapic);

  // Runs the guest until it needs something or is kicked.
  // Errors: as KVM says. The guest's instructions can't cause any of them.
  Result<VcpuExit> run();

  // Makes run() return Interrupted, now or at its next call; any thread, as long as the vCPU lives.
  // Several kicks before run() returns count as one. The thread that runs the vCPU then sees what
  // the caller wrote before the kick.
  void kick() { kick_->kick(); }

 private:
  Vcpu(UniqueFd fd, MemoryMapping mapping);

  kvm_run& shared() { return *reinterpret_cast<kvm_run*>(mapping_.data()); }

  UniqueFd fd_;
  MemoryMapping mapping_;  // a kvm_run and what follows it
  // On the heap, so that the vCPU can be moved.
  std::unique_ptr<VcpuKick> kick_;
};

}  // namespace vm_control::kvm
