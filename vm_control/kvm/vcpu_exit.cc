// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vcpu_exit.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

namespace vm_control::kvm {
namespace {

// KVM_EXIT_MEMORY_FAULT of Linux 6.8, which the headers of 6.1 lack: the API document, section 5,
// "memory_fault", and 7.34, KVM_CAP_MEMORY_FAULT_INFO.
constexpr uint32_t kExitMemoryFault = 39;
struct MemoryFaultInfo {
  uint64_t flags;
  uint64_t address;
  uint64_t size;
};

VcpuExit decode_port(kvm_run& run) {
  const auto& io = run.io;
  std::span<std::byte> data(reinterpret_cast<std::byte*>(&run) + io.data_offset,
                            size_t{io.size} * io.count);
  if (io.direction == KVM_EXIT_IO_OUT) return PortWrite{io.port, io.size, data};
  return PortRead{io.port, io.size, data};
}

VcpuExit decode_mmio(kvm_run& run) {
  auto& mmio = run.mmio;
  std::span<std::byte> data(reinterpret_cast<std::byte*>(mmio.data),
                            std::min<size_t>(mmio.len, std::size(mmio.data)));
  GuestAddress address(mmio.phys_addr);
  if (mmio.is_write) return MmioWrite{address, data};
  return MmioRead{address, data};
}

VcpuExit decode_internal_error(kvm_run& run) {
  static_assert(sizeof(run.internal.data[0]) == sizeof(uint64_t));
  const auto* data = reinterpret_cast<const uint64_t*>(run.internal.data);
  size_t count = std::min<size_t>(run.internal.ndata, std::size(run.internal.data));
  return InternalError{run.internal.suberror, {data, count}};
}

const char* name(uint32_t suberror) {
  switch (suberror) {
    case KVM_INTERNAL_ERROR_EMULATION:
      return "emulation failed";
    case KVM_INTERNAL_ERROR_SIMUL_EX:
      return "two exceptions at once";
    case KVM_INTERNAL_ERROR_DELIVERY_EV:
      return "an event could not be delivered";
    case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
      return "an unexpected exit of the CPU";
    default:
      return "of an unknown kind";
  }
}

}  // namespace

VcpuExit decode_exit(kvm_run& run) {
  switch (run.exit_reason) {
    case KVM_EXIT_IO:
      return decode_port(run);
    case KVM_EXIT_MMIO:
      return decode_mmio(run);
    case KVM_EXIT_HLT:
      return Halt{};
    case KVM_EXIT_SHUTDOWN:
      return Shutdown{};
    case KVM_EXIT_INTR:
      return Interrupted{};
    case KVM_EXIT_INTERNAL_ERROR:
      return decode_internal_error(run);
    case KVM_EXIT_FAIL_ENTRY:
      return FailEntry{run.fail_entry.hardware_entry_failure_reason};
    default:
      return UnknownExit{run.exit_reason};
  }
}

MemoryFault decode_memory_fault(const kvm_run& run) {
  if (run.exit_reason != kExitMemoryFault) return {};
  MemoryFaultInfo info;
  static_assert(sizeof info <= sizeof run.padding);
  std::memcpy(&info, run.padding, sizeof info);
  return {GuestAddress(info.address)};
}

std::string describe(const InternalError& error) {
  std::string text =
      "internal error " + std::to_string(error.suberror) + " (" + name(error.suberror) + ")";
  if (!error.data.empty()) text += ", data";
  for (uint64_t word : error.data) {
    char hex[sizeof " 0x0123456789abcdef"];
    std::snprintf(hex, sizeof hex, " 0x%llx", static_cast<unsigned long long>(word));
    text += hex;
  }
  return text;
}

}  // namespace vm_control::kvm
