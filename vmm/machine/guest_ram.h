// SPDX-License-Identifier: BSD-3-Clause
// The guest's RAM: anonymous memory of this process, with one KVM slot for each range of the
// layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

class GuestRam {
 public:
  // Maps memory for each of `ranges`. The first range starts at 0. Errors: ENOMEM.
  static Result<GuestRam> create(std::span<const GuestRange> ranges);

  // Adds the memory to `vm`, in the slots from 0 up. This outlives `vm`. Errors: KVM's.
  Result<void> add_to(kvm::Vm& vm) const;

  // The number of slots in use.
  uint32_t slots() const { return static_cast<uint32_t>(regions_.size()); }
  // The RAM from address 0, at most up to the 32-bit hole.
  std::span<std::byte> low() const { return regions_.front().memory.bytes(); }

 private:
  struct Region {
    GuestRange range;
    MemoryMapping memory;
  };

  explicit GuestRam(std::vector<Region> regions) : regions_(std::move(regions)) {}

  std::vector<Region> regions_;
};

}  // namespace vm_control::vmm
