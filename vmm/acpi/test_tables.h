// SPDX-License-Identifier: BSD-3-Clause
// Finds the tables in the bytes that acpi_tables() made, as a guest does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

// Where the tests put them.
inline constexpr GuestAddress kTablesStart{0xe'0000};

template <class Integer>
Integer number_at(std::span<const std::byte> bytes, size_t offset) {
  if (offset + sizeof(Integer) > bytes.size()) throw std::out_of_range("past the end of a table");
  Integer value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

inline std::string text_at(std::span<const std::byte> bytes, size_t offset, size_t size) {
  auto part = bytes.subspan(offset, size);
  return {reinterpret_cast<const char*>(part.data()), part.size()};
}

inline unsigned sum_of(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (std::byte each : bytes) sum += std::to_integer<unsigned>(each);
  return sum & 0xff;
}

// The bytes of all tables that the RSDP leads to, by their signatures.
class FoundTables {
 public:
  // bytes  outlive this; `start` is where the guest has them.
  FoundTables(std::span<const std::byte> bytes, GuestAddress start) : bytes_(bytes), start_(start) {
    auto xsdt = add(number_at<uint64_t>(bytes, 24));
    for (size_t offset = 36; offset < xsdt.size(); offset += 8) {
      add(number_at<uint64_t>(xsdt, offset));
    }
    add(number_at<uint64_t>(at("FACP"), 140));
  }

  std::span<const std::byte> at(const std::string& signature) const { return all_.at(signature); }
  const std::map<std::string, std::span<const std::byte>>& all() const { return all_; }

 private:
  std::span<const std::byte> add(uint64_t address) {
    auto rest = bytes_.subspan(address - start_.value());
    auto table = rest.first(number_at<uint32_t>(rest, 4));
    all_[text_at(table, 0, 4)] = table;
    return table;
  }

  std::span<const std::byte> bytes_;
  GuestAddress start_;
  std::map<std::string, std::span<const std::byte>> all_;
};

}  // namespace vm_control::vmm
