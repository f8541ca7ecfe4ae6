// SPDX-License-Identifier: BSD-3-Clause
// The guest's RAM: private memory of this process, with one KVM slot for each range of the layout.
// Everything on the host that reads or writes RAM does it through this class, which lets nobody
// past the end of a range.
//
// The guest may change any byte at any time. So who decides by a value copies it first (read(),
// load()), and decides by the copy.
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/base/try.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

class GuestRam {
 public:
  enum class Pages {
    kTransparentHuge,  // the host gives huge pages where it has some, and small ones elsewhere
    kHuge,             // 2 MiB each, of those that the host's administrator has set aside
  };

  // Maps memory for each of `ranges`, of which the first starts at 0.
  //
  // Errors  EINVAL  kHuge, and a range is not a multiple of 2 MiB.
  //         ENOMEM  the host has no such memory; with kHuge: not enough huge pages are set aside.
  static Result<GuestRam> create(std::span<const GuestRange> ranges,
                                 Pages pages = Pages::kTransparentHuge);

  // Adds the memory to `vm`, in the slots from 0 up. This outlives `vm`. Errors: KVM's.
  Result<void> add_to(kvm::Vm& vm) const;

  // The number of slots in use.
  uint32_t slots() const { return static_cast<uint32_t>(regions_.size()); }
  // Bytes of all ranges.
  uint64_t size() const;
  // The RAM from address 0, at most up to the 32-bit hole.
  std::span<std::byte> low() const { return regions_.front().memory.bytes(); }

  // The `size` bytes from `address`. Errors: EFAULT, unless one range has all of them.
  Result<std::span<std::byte>> bytes(GuestAddress address, uint64_t size) const;

  // Copies from and to the guest. Errors: EFAULT, as above.
  Result<void> read(GuestAddress address, std::span<std::byte> out) const;
  Result<void> write(GuestAddress address, std::span<const std::byte> data) const;
  template <class Value>
  Result<Value> load(GuestAddress address) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    Value value{};
    TRY(read(address, std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }
  template <class Value>
  Result<void> store(GuestAddress address, const Value& value) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    return write(address, std::as_bytes(std::span(&value, 1)));
  }

  // Gives the pages of `range` back to the host: the guest finds zeros there, and gets a new page
  // when it touches one. Huge pages that were set aside stay, and keep their content: the host
  // could not promise them to the guest again.
  // Errors: EINVAL (`range` is not whole pages of 4 KiB), EFAULT (as above), ENOMEM.
  Result<void> discard(GuestRange range) const;

 private:
  struct Region {
    GuestRange range;
    MemoryMapping memory;
  };

  GuestRam(std::vector<Region> regions, Pages pages)
      : regions_(std::move(regions)), pages_(pages) {}

  std::vector<Region> regions_;
  Pages pages_;
};

}  // namespace vm_control::vmm
