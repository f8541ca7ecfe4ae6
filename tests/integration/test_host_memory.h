// SPDX-License-Identifier: BSD-3-Clause
// Memory that a test shows to the guest, and looks at from the host.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/model/guest_address.h"

namespace vm_control {

class HostMemory {
 public:
  explicit HostMemory(uint64_t size)
      : memory_(*SharedMemory::create("integration_test", size)),
        mapping_(*MemoryMapping::shared(memory_.fd(), 0, size)) {}

  int fd() const { return memory_.fd(); }
  uint64_t size() const { return memory_.size(); }
  std::span<std::byte> bytes() const { return mapping_.bytes(); }

  uint32_t word(uint64_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, mapping_.data() + offset, sizeof(value));
    return value;
  }
  void set_word(uint64_t offset, uint32_t value) const {
    std::memcpy(mapping_.data() + offset, &value, sizeof(value));
  }

 private:
  SharedMemory memory_;
  MemoryMapping mapping_;
};

inline uint64_t address_of(PageFrameNumber pfn) {
  return pfn.value() * kPageSize;
}

}  // namespace vm_control
