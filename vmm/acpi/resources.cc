// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/resources.h"

#include <span>

#include "vm_control/base/check.h"

namespace vm_control::vmm::aml {
namespace {

template <class Descriptor>
Bytes bytes_of(const Descriptor& descriptor) {
  auto bytes = std::as_bytes(std::span(&descriptor, 1));
  return Bytes(bytes.begin(), bytes.end());
}

struct [[gnu::packed]] IoPorts {
  uint8_t tag = 0x47;
  uint8_t decodes_16_bits = 1;
  uint16_t lowest_first;
  uint16_t highest_first;
  uint8_t alignment = 1;
  uint8_t count;
};

struct [[gnu::packed]] FixedMemory {
  uint8_t tag = 0x86;
  uint16_t length = 9;
  uint8_t is_writable = 1;
  uint32_t start;
  uint32_t size;
};

struct [[gnu::packed]] ExtendedInterrupt {
  uint8_t tag = 0x89;
  uint16_t length = 6;
  uint8_t flags;
  uint8_t count = 1;
  uint32_t gsi;
};

struct [[gnu::packed]] EndTag {
  uint8_t tag = 0x79;
  uint8_t checksum = 0;  // counts as right
};

}  // namespace

Bytes io_ports(uint16_t first, uint8_t count) {
  return bytes_of(IoPorts{.lowest_first = first, .highest_first = first, .count = count});
}

Bytes memory(GuestRange range) {
  CHECK(range.last().value() <= UINT32_MAX && range.size() <= UINT32_MAX);
  return bytes_of(FixedMemory{.start = static_cast<uint32_t>(range.start().value()),
                              .size = static_cast<uint32_t>(range.size())});
}

Bytes interrupt(uint32_t gsi) {
  constexpr uint8_t kConsumer = 1 << 0;
  constexpr uint8_t kEdge = 1 << 1;  // the other bits: active high, exclusive, no wake-up
  return bytes_of(ExtendedInterrupt{.flags = kConsumer | kEdge, .gsi = gsi});
}

Bytes resource_template(const std::vector<Bytes>& resources) {
  return buffer(sequence({sequence(resources), bytes_of(EndTag{})}));
}

}  // namespace vm_control::vmm::aml
