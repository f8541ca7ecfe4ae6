// SPDX-License-Identifier: BSD-3-Clause
// Maps each region into a memory slot of its own.
#pragma once

#include <memory>
#include <vector>

#include "vm_control/resources/memory_mapper.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class MemslotMapper final : public MemoryMapper {
 public:
  // vm  outlives this.
  explicit MemslotMapper(VirtualMachine& vm);

  // Takes every region out of the VM before its memory is unmapped.
  ~MemslotMapper() override;

  Result<HeldUp> map(Slot slot, GuestRange range, const MemorySource& source) override;
  Result<HeldUp> unmap(Slot slot, GuestRange range) override;
  bool has_page(Slot slot, GuestRange range, GuestAddress address, MemoryAccess access) override;
  Result<void> quarantine(Slot slot, GuestRange range) override;
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override;

 private:
  struct Mappings;

  VirtualMachine& vm_;
  std::unique_ptr<Mappings> mappings_;
};

}  // namespace vm_control
