// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/guest_ram.h"

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<GuestRam> GuestRam::create(std::span<const GuestRange> ranges) {
  std::vector<Region> regions;
  for (GuestRange range : ranges) {
    MemoryMapping memory = TRY(MemoryMapping::anonymous(range.size()));
    regions.push_back({range, std::move(memory)});
  }
  return GuestRam(std::move(regions));
}

Result<void> GuestRam::add_to(kvm::Vm& vm) const {
  uint32_t slot = 0;
  for (const Region& region : regions_) {
    TRY(vm.set_memory(Slot(slot++), region.range, region.memory.data(), {}));
  }
  return {};
}

}  // namespace vm_control::vmm
