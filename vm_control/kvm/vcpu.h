// SPDX-License-Identifier: BSD-3-Clause
// One virtual CPU.
//
//   while (!done) {
//     auto exit = vcpu.run();          another thread:  done = true; vcpu.kick();
//     ...
//   }
//
// Threads: one at a time, best always the same; kick() by any.
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
  // Adds a vCPU to `vm`, in the state of a CPU after reset; takes SIGRTMIN of this process.
  //
  // id      its local APIC's id, below max_vcpus. With an irqchip, those but 0 wait for another
  //         vCPU to start them.
  // Errors  EEXIST   there is a vCPU of that id.
  //         EINVAL   the id is too high, or the machine is full.
  //         ENOTSUP  this host has no immediate_exit (Linux before 4.13).
  //         ENOMEM, EMFILE, ENFILE.
  static Result<Vcpu> create(const Kvm& kvm, const Vm& vm, uint32_t id);

  Result<kvm_regs> regs() const;
  Result<void> set_regs(const kvm_regs& regs);
  Result<kvm_sregs> sregs() const;
  Result<void> set_sregs(const kvm_sregs& sregs);

  // What the CPUID instruction says; before the first run. Errors: E2BIG (too many leaves), EINVAL.
  Result<void> set_cpuid(std::span<const kvm_cpuid_entry2> cpuid);

  // Runs the guest until it needs something or is kicked.
  // Errors: as KVM says. None of them is the guest's to cause by its instructions.
  Result<VcpuExit> run();

  // Makes run() return Interrupted, now or at its next call; any thread, as long as the vCPU lives.
  // Kicks that come faster than run() returns count as one. What the caller wrote before, the
  // thread that runs the vCPU sees after.
  void kick() { kick_->kick(); }

 private:
  Vcpu(UniqueFd fd, MemoryMapping mapping);

  kvm_run& shared() const { return *reinterpret_cast<kvm_run*>(mapping_.data()); }

  UniqueFd fd_;
  MemoryMapping mapping_;  // a kvm_run and what follows it
  // On the heap, so that the vCPU can be moved.
  std::unique_ptr<VcpuKick> kick_;
};

}  // namespace vm_control::kvm
