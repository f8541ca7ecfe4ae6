// SPDX-License-Identifier: BSD-3-Clause
// Why a vCPU came out of the guest, and what it waits for.
//
// Spans refer to memory that the vCPU shares with KVM: they are valid until it runs again. What a
// handler writes to a read's span is what the guest reads.
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

// The guest writes to an I/O port: one or more times `size` bytes, as a string instruction does.
struct PortWrite {
  uint16_t port;
  uint8_t size;  // bytes a time: 1, 2 or 4
  std::span<const std::byte> data;
};

// The guest reads an I/O port, one or more times.
struct PortRead {
  uint16_t port;
  uint8_t size;  // bytes a time: 1, 2 or 4
  std::span<std::byte> data;
};

// The guest writes where no memory is, or to read-only memory.
struct MmioWrite {
  GuestAddress address;
  std::span<const std::byte> data;  // at most 8 bytes
};

// The guest reads where no memory is.
struct MmioRead {
  GuestAddress address;
  std::span<std::byte> data;  // at most 8 bytes
};

// The guest touched memory whose host mapping is gone, inaccessible, or of a file that has shrunk.
// Running again comes here again, until that has changed. (Where KVM has no hardware paging it is
// an MmioRead or MmioWrite instead.)
struct MemoryFault {
  std::optional<GuestAddress> address;  // if this KVM tells, as Linux 6.8 and later may
};

// HLT, in a machine without irqchip. (With one, a halted vCPU sleeps in KVM.)
struct Halt {};

// A triple fault.
struct Shutdown {};

// A signal or a kick, or an AP woke up. Look whether something is asked for, and run again.
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

// What `run` says, as KVM left it. Spans refer to `run` and the pages that follow it.
VcpuExit decode_exit(kvm_run& run);

// The same where KVM_RUN failed with EFAULT. It leaves exit_reason alone where it can't tell the
// address, so the caller has cleared that before.
MemoryFault decode_memory_fault(const kvm_run& run);

// "internal error 1 (emulation failed), data 0x2 0xf": for logs.
std::string describe(const InternalError& error);

}  // namespace vm_control::kvm
