// SPDX-License-Identifier: BSD-3-Clause
// One ACPI table: the header that all have, content after it, a checksum over both.
//
// Source: ACPI 6.5, 5.2.6 "System Description Table Header".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace vm_control::vmm {

// The maker of the tables, which each of them names.
inline constexpr std::string_view kAcpiOemId = "VMCTRL";

// The byte that makes the sum of `bytes` and itself 0.
std::byte acpi_checksum(std::span<const std::byte> bytes);

class AcpiTable {
 public:
  // signature  four characters.
  AcpiTable(std::string_view signature, uint8_t revision);

  // Appends a number or a structure, as it is in memory.
  template <class Value>
  AcpiTable& add(const Value& value) {
    static_assert(std::has_unique_object_representations_v<Value>);
    return add_bytes(std::as_bytes(std::span(&value, 1)));
  }
  AcpiTable& add_bytes(std::span<const std::byte> bytes);
  AcpiTable& add_zeros(size_t count);

  // The table, with its length and its checksum.
  std::vector<std::byte> finish() &&;

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace vm_control::vmm
