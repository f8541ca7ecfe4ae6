// SPDX-License-Identifier: BSD-3-Clause
// Maps regions into one window of memory, which a single memory slot shows the guest from the
// start.
//
// So a region costs no call to the hypervisor, and no client can hold up another through KVM: a
// change of memory slots waits until no page of the process is being taken away, and who shares
// memory can see to it that this never comes. Regions that are read-only, or that keep a dirty log,
// need a memory slot of their own: MemslotMapper maps those.
//
// Filler stands wherever there is no region, and the window never has an unmapped part, which would
// stop the vCPU that touches it. The filler is read-only at first: the kernel's page of zeros,
// which costs nothing at the start. Once the guest has written to it, one piece of memory of 2 MiB
// is mapped all over the holes: what the guest writes into a hole appears in all of them, and the
// host grows by those 2 MiB at most, beside page tables.
//
// The kernel lets one thread of a process map or unmap at a time. A client can make its own take
// long, so threads take turns here before they do: then it is known who kept whom waiting.
// Threads: as MemoryMapper says.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/resources/memory_mapper.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class WindowMapper final : public MemoryMapper {
 public:
  // Reserves the memory of `window`, which is in whole pieces of 2 MiB, and adds it to `vm` as
  // `slot`. `vm` outlives this. Errors: ENOMEM (no address space), EMFILE, ENFILE, the
  // hypervisor's.
  static Result<std::unique_ptr<WindowMapper>> create(VirtualMachine& vm, Slot slot,
                                                      GuestRange window);
  ~WindowMapper() override;

  // The most regions for which this process has mappings (vm.max_map_count), of `slots`: each takes
  // one, and one for the hole behind it.
  static uint32_t max_regions(GuestRange window, uint32_t slots);

  Result<HeldUp> map(Slot slot, GuestRange range, const MemorySource& source) override;
  Result<HeldUp> unmap(Slot slot, GuestRange range) override;
  bool has_page(Slot slot, GuestRange range, GuestAddress address, MemoryAccess access) override;
  Result<void> quarantine(Slot slot, GuestRange range) override;
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override;

  // The guest could not write to its memory: lets it write to the holes from now on. Returns
  // whether it could not before. Takes 8 us for each 2 MiB of the window.
  bool make_holes_writable() override;

 private:
  struct Holes;

  WindowMapper(VirtualMachine& vm, Slot slot, GuestRange window, MemoryMapping memory,
               SharedMemory scratch);

  std::byte* host(GuestAddress address) const;
  Result<void> fill(GuestRange range, bool writable);
  Result<void> fill_hole(GuestRange range);

  VirtualMachine& vm_;
  Slot slot_;
  GuestRange window_;
  MemoryMapping memory_;
  SharedMemory scratch_;  // the filler once the guest has written to a hole
  std::unique_ptr<Holes> holes_;
  std::mutex turn_;
};

}  // namespace vm_control
