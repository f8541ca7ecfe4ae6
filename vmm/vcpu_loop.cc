// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/vcpu_loop.h"

#include <algorithm>
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

// Serves one exit; a reason where the machine must stop for it.
class ExitHandler {
 public:
  using Outcome = std::optional<ExitReason>;

  ExitHandler(const kvm::Vcpu& vcpu, uint32_t index, const PortBus& ports)
      : vcpu_(vcpu), index_(index), ports_(ports) {}

  Outcome operator()(const kvm::PortWrite& write) const {
    for (size_t at = 0; at < write.data.size(); at += write.size) {
      ports_.write(write.port, write.data.subspan(at, write.size));
    }
    return {};
  }
  Outcome operator()(const kvm::PortRead& read) const {
    for (size_t at = 0; at < read.data.size(); at += read.size) {
      ports_.read(read.port, read.data.subspan(at, read.size));
    }
    return {};
  }
  // There are no devices in memory: nothing hears a write, and reads see all ones.
  Outcome operator()(const kvm::MmioWrite&) const { return {}; }
  Outcome operator()(const kvm::MmioRead& read) const {
    std::ranges::fill(read.data, std::byte{0xff});
    return {};
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
            .detail = "vCPU " + std::to_string(index_) + where + ": " + what};
  }

 private:
  const kvm::Vcpu& vcpu_;
  uint32_t index_;
  const PortBus& ports_;
};

std::string describe_failure(const Error& error) {
  if (error.code() != EFAULT) return error.message();
  return "the guest touched memory that its host has unmapped or shrunk: " + error.message();
}

}  // namespace

ExitReason run_vcpu(kvm::Vcpu& vcpu, uint32_t index, const PortBus& ports,
                    const std::atomic<bool>& stopping) {
  ExitHandler handler(vcpu, index, ports);
  while (!stopping) {
    auto exit = vcpu.run();
    if (!exit) return handler.error(describe_failure(exit.error()));
    if (auto reason = std::visit(handler, *exit)) return *reason;
  }
  return {};
}

}  // namespace vm_control::vmm
