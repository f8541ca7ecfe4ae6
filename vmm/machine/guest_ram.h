// SPDX-License-Identifier: BSD-3-Clause
// The guest's RAM: anonymous memory of this process, one slot for each range of the layout.
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
  // Maps memory for each of `ranges`, of which the first starts at 0. Errors: ENOMEM.
  static Result<GuestRam> create(std::span<const GuestRange> ranges);

  // Gives it to `vm`, which it outlives, in the slots from 0 up. Errors: what KVM says.
  Result<void> add_to(kvm::Vm& vm) const;

  // How many slots it takes.
  uint32_t slots() const { return static_cast<uint32_t>(regions_.size()); }
  // What the guest sees from address 0, up to the 32-bit hole at most.
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
