// SPDX-License-Identifier: BSD-3-Clause
// The guest write that signals an eventfd. Source: KVM_IOEVENTFD in the KVM API document.
#pragma once

#include <cstdint>
#include <optional>

namespace vm_control {

struct Ioevent {
  enum class Space { kMemory, kPort };

  // The address space that `address` belongs to: guest-physical memory, or x86 I/O ports.
  Space space = Space::kMemory;
  uint64_t address = 0;
  // How many bytes the guest writes: 1, 2, 4 or 8; 0 stands for any number.
  uint32_t length = 0;
  // If given, only a write of this value counts. It needs a length.
  std::optional<uint64_t> datamatch;

  bool operator==(const Ioevent&) const = default;
};

}  // namespace vm_control
