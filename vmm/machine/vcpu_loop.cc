// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/vcpu_loop.h"

#include <cstdio>
#include <optional>
#include <string>
#include <variant>

namespace vm_control::vmm {
namespace {

std::string hex(uint64_t value) {
  char text[sizeof "0x0123456789abcdef"];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// Serves exits. Returns a reason if the machine must stop.
class ExitHandler {
 public:
  using Outcome = std::optional<ExitReason>;

  // vcpu, around  outlive this.
  ExitHandler(const kvm::Vcpu& vcpu, const VcpuEnvironment& around)
      : vcpu_(vcpu), around_(around) {}

  // The loop calls it before each run.
  void prepare() {
    if (around_.memory_faults) epoch_ = around_.memory_faults->epoch();
  }

  Outcome operator()(const kvm::PortWrite& write) const {
    for (size_t at = 0; at < write.data.size(); at += write.size) {
      around_.ports.write(write.port, write.data.subspan(at, write.size));
    }
    return {};
  }
  Outcome operator()(const kvm::PortRead& read) const {
    for (size_t at = 0; at < read.data.size(); at += read.size) {
      around_.ports.read(read.port, read.data.subspan(at, read.size));
    }
    return {};
  }
  // An access that no device claims may be one to memory that has vanished.
  Outcome operator()(const kvm::MmioWrite& write) const {
    if (!around_.memory.write(write.address.value(), write.data)) notify_access(write.address);
    return {};
  }
  Outcome operator()(const kvm::MmioRead& read) const {
    if (!around_.memory.read(read.address.value(), read.data)) notify_access(read.address);
    return {};
  }
  Outcome operator()(kvm::MemoryFault fault) const {
    auto* faults = around_.memory_faults;
    if (faults && faults->handle_fault(fault.address, epoch_)) return {};
    return error("the guest touched memory that its host has unmapped or shrunk" +
                 (fault.address ? ", at " + hex(fault.address->value()) : ""));
  }
  Outcome operator()(kvm::Interrupted) const { return {}; }
  Outcome operator()(kvm::Shutdown) const {
    return ExitReason{.kind = ExitReason::Kind::kShutdown, .detail = {}};
  }
  Outcome operator()(kvm::Halt) const { return error("halted outside of KVM's irqchip"); }
  Outcome operator()(const kvm::InternalError& internal) const {
    return error("KVM " + kvm::describe(internal));
  }
  Outcome operator()(kvm::FailEntry entry) const {
    return error("KVM can't enter the guest: hardware reason " + hex(entry.hardware_reason));
  }
  Outcome operator()(kvm::UnknownExit exit) const {
    return error("KVM_RUN gave the unknown reason " + std::to_string(exit.reason));
  }

  ExitReason error(const std::string& what) const {
    auto regs = vcpu_.regs();
    std::string where = regs ? " at rip " + hex(regs->rip) : "";
    return {.kind = ExitReason::Kind::kError,
            .detail = "vCPU " + std::to_string(around_.index) + where + ": " + what};
  }

 private:
  void notify_access(GuestAddress where) const {
    if (around_.memory_faults) around_.memory_faults->notify_access(where);
  }

  const kvm::Vcpu& vcpu_;
  const VcpuEnvironment& around_;
  uint64_t epoch_ = 0;  // of the memory, before the last run
};

}  // namespace

ExitReason run_vcpu(kvm::Vcpu& vcpu, const VcpuEnvironment& environment) {
  ExitHandler handler(vcpu, environment);
  while (environment.gate.enter()) {
    handler.prepare();
    auto exit = vcpu.run();
    environment.gate.leave();
    if (!exit) return handler.error(exit.error().message());
    if (auto reason = std::visit(handler, *exit)) return *reason;
  }
  return {};
}

}  // namespace vm_control::vmm
