// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vcpu.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/kvm/cpuid_buffer.h"
#include "vm_control/kvm/ioctl.h"
#include "vm_control/kvm/msr_buffer.h"

namespace vm_control::kvm {

Vcpu::Vcpu(UniqueFd fd, MemoryMapping mapping)
    : fd_(std::move(fd)),
      mapping_(std::move(mapping)),
      kick_(std::make_unique<VcpuKick>(shared())) {}

Result<Vcpu> Vcpu::create(const Kvm& kvm, const Vm& vm, uint32_t id) {
  std::string name = "vCPU " + std::to_string(id);
  if (!kvm.capabilities().immediate_exit) {
    return fail(ENOTSUP, "create", name + " (this KVM has no immediate_exit)");
  }
  TRY(VcpuKick::take_signal());
  UniqueFd fd(ioctl_through_signals(vm.fd(), KVM_CREATE_VCPU, static_cast<unsigned long>(id)));
  if (!fd) return fail_errno("create", name);
  MemoryMapping mapping = TRY(MemoryMapping::shared(fd.get(), 0, kvm.vcpu_mapping_size()));
  return Vcpu(std::move(fd), std::move(mapping));
}

Result<kvm_regs> Vcpu::regs() const {
  kvm_regs regs;
  TRY(control(fd_.get(), KVM_GET_REGS, &regs, "get the registers"));
  return regs;
}

Result<void> Vcpu::set_regs(const kvm_regs& regs) {
  return control(fd_.get(), KVM_SET_REGS, &regs, "set the registers");
}

Result<kvm_sregs> Vcpu::sregs() const {
  kvm_sregs sregs;
  TRY(control(fd_.get(), KVM_GET_SREGS, &sregs, "get the system registers"));
  return sregs;
}

Result<void> Vcpu::set_sregs(const kvm_sregs& sregs) {
  return control(fd_.get(), KVM_SET_SREGS, &sregs, "set the system registers");
}

Result<void> Vcpu::set_cpuid(std::span<const kvm_cpuid_entry2> cpuid) {
  CpuidBuffer buffer(static_cast<uint32_t>(cpuid.size()));
  std::ranges::copy(cpuid, buffer.entries());
  return control(fd_.get(), kSetCpuid2, buffer.header(), "set the CPUID");
}

Result<void> Vcpu::set_msrs(std::span<const kvm_msr_entry> msrs) {
  constexpr const char* kAction = "set model-specific registers";
  MsrBuffer buffer(msrs);
  // KVM says how many it has set, and stops at the first that it refuses.
  int set = ioctl_through_signals(fd_.get(), kSetMsrs, buffer.header());
  if (set < 0) return fail_errno(kAction);
  size_t count = static_cast<size_t>(set);
  if (count < msrs.size()) {
    char index[16];
    snprintf(index, sizeof index, "%#x", msrs[count].index);
    return fail(EINVAL, kAction, std::string("(KVM refuses ") + index + ")");
  }
  return {};
}

Result<kvm_lapic_state> Vcpu::lapic() const {
  kvm_lapic_state lapic;
  TRY(control(fd_.get(), KVM_GET_LAPIC, &lapic, "get the local APIC's registers"));
  return lapic;
}

Result<void> Vcpu::set_lapic(const kvm_lapic_state& lapic) {
  return control(fd_.get(), KVM_SET_LAPIC, &lapic, "set the local APIC's registers");
}

Result<VcpuExit> Vcpu::run() {
  shared().exit_reason = KVM_EXIT_UNKNOWN;  // decode_memory_fault() needs it
  kick_->enter();
  int result = ioctl(fd_.get(), KVM_RUN, 0);
  int code = result < 0 ? errno : 0;
  kick_->leave(code == EINTR);
  switch (code) {
    case 0:
      return decode_exit(shared());
    case EINTR:
    case EAGAIN:  // an AP woke up: KVM wants to be called again
      return Interrupted{};
    case EFAULT:
      return decode_memory_fault(shared());
    default:
      return fail(code, "run a vCPU");
  }
}

}  // namespace vm_control::kvm
