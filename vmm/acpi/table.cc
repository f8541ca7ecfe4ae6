// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/table.h"

#include <cstring>

#include "vm_control/base/check.h"

namespace vm_control::vmm {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

constexpr size_t kLengthOffset = 4;
constexpr size_t kChecksumOffset = 9;

}  // namespace

std::byte acpi_checksum(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (std::byte each : bytes) sum += std::to_integer<unsigned>(each);
  return static_cast<std::byte>(0 - sum);
}

AcpiTable::AcpiTable(std::string_view signature, uint8_t revision) {
  constexpr size_t kSignature = 4;
  constexpr uint32_t kOemRevision = 1;
  CHECK(signature.size() == kSignature);
  add_bytes(bytes_of(signature));
  add(uint32_t{0});  // the length, later
  add(revision);
  add(uint8_t{0});  // the checksum, later
  add_bytes(bytes_of(kAcpiOemId));
  add_bytes(bytes_of("VMMACHIN"));  // the machine's model
  add(kOemRevision);
  add_bytes(bytes_of("VMCT"));  // the program that made the table
  add(kOemRevision);
}

AcpiTable& AcpiTable::add_bytes(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

AcpiTable& AcpiTable::add_zeros(size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

std::vector<std::byte> AcpiTable::finish() && {
  auto length = static_cast<uint32_t>(bytes_.size());
  std::memcpy(bytes_.data() + kLengthOffset, &length, sizeof length);
  bytes_[kChecksumOffset] = acpi_checksum(bytes_);
  return std::move(bytes_);
}

}  // namespace vm_control::vmm
