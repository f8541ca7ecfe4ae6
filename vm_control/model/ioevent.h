// SPDX-License-Identifier: BSD-3-Clause
// Which guest write rings a doorbell: KVM_IOEVENTFD in the KVM API document.
#pragma once

#include <cstdint>
#include <optional>

namespace vm_control {

struct Ioevent {
  enum class Space { kMemory, kPort };

  // In which address space `address` is: guest-physical memory, or x86 I/O ports.
  Space space = Space::kMemory;
  uint64_t address = 0;
  // Bytes that the guest writes: 1, 2, 4 or 8; 0 for a write of any length.
  uint32_t length = 0;
  // Only a write of this value rings. Not with length 0.
  std::optional<uint64_t> datamatch;

  bool operator==(const Ioevent&) const = default;
};

}  // namespace vm_control
