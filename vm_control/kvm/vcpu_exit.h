// SPDX-License-Identifier: BSD-3-Clause
// The reasons for which a vCPU leaves the guest, each with what the vCPU waits for.
//
// Spans refer to memory that the vCPU shares with KVM, and are valid until it runs again. The guest
// reads what a handler writes to the span of a read.
#pragma once

#include <linux/kvm.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "vm_control/model/guest_address.h"

namespace vm_control::kvm {

// The guest writes to an I/O port: `size` bytes, or several times as many by a string instruction.
struct PortWrite {
  uint16_t port;
  uint8_t size;  // bytes of one access: 1, 2 or 4
  std::span<const std::byte> data;
};

// The guest reads an I/O port, one or more times.
struct PortRead {
  uint16_t port;
  uint8_t size;  // bytes of one access: 1, 2 or 4
  std::span<std::byte> data;
};

// The guest writes to an address without memory, or to read-only memory.
struct MmioWrite {
  GuestAddress address;
  std::span<const std::byte> data;  // at most 8 bytes
};

// The guest reads from an address without memory.
struct MmioRead {
  GuestAddress address;
  std::span<std::byte> data;  // at most 8 bytes
};

// The guest touched memory whose host mapping is gone or inaccessible, or whose file has shrunk.
// Until that changes, the vCPU comes back with the same exit each time. (If KVM has no hardware
// paging, the exit is an MmioRead or MmioWrite instead.)
struct MemoryFault {
  std::optional<GuestAddress> address;  // if this KVM tells it, as Linux 6.8 and later can
};

// HLT, in a machine without an irqchip. (With one, a halted vCPU sleeps in KVM.)
struct Halt {};

// A triple fault.
struct Shutdown {};

// A signal, a kick, or an AP that woke up. The caller looks for requests, and runs the vCPU again.
struct Interrupted {};

// KVM can't go on: an instruction that it can't emulate, or worse.
struct InternalError {
  uint32_t suberror;               // KVM_INTERNAL_ERROR_*
  std::span<const uint64_t> data;  // by suberror, at most 16
};

// The CPU refuses to enter the guest: its state is invalid.
struct FailEntry {
  uint64_t hardware_reason;
};

// Any other reason, KVM_EXIT_*.
struct UnknownExit {
  uint32_t reason;
};

using VcpuExit = std::variant<PortWrite, PortRead, MmioWrite, MmioRead, MemoryFault, Halt, Shutdown,
                              Interrupted, InternalError, FailEntry, UnknownExit>;

// Decodes `run` as KVM left it. Spans refer to `run` and the pages that follow it.
VcpuExit decode_exit(kvm_run& run);

// The same after KVM_RUN failed with EFAULT. KVM leaves exit_reason unchanged if it can't tell the
// address, so the caller must clear it before KVM_RUN.
MemoryFault decode_memory_fault(const kvm_run& run);

// "internal error 1 (emulation failed), data 0x2 0xf": for logs.
std::string describe(const InternalError& error);

}  // namespace vm_control::kvm
