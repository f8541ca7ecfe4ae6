// SPDX-License-Identifier: BSD-3-Clause
// Maps each region into a memory slot of its own.
#pragma once

#include <vector>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/resources/memory_mapper.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class MemslotMapper final : public MemoryMapper {
 public:
  // vm  outlives this.
  explicit MemslotMapper(VirtualMachine& vm) : vm_(vm) {}

  // Takes every region out of the VM before its memory is unmapped.
  ~MemslotMapper() override;

  Result<void> map(Slot slot, GuestRange range, const MemorySource& source) override;
  Result<MemoryMapping> unmap(Slot slot) override;
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override;

 private:
  VirtualMachine& vm_;
  std::vector<MemoryMapping> mappings_;  // by slot; empty where there is none
};

}  // namespace vm_control
