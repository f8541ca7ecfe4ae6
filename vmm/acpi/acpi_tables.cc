// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/acpi_tables.h"

#include <algorithm>
#include <string>

#include "vm_control/base/align.h"
#include "vm_control/base/try.h"
#include "vmm/acpi/dsdt.h"
#include "vmm/acpi/fadt.h"
#include "vmm/acpi/madt.h"
#include "vmm/acpi/table.h"

namespace vm_control::vmm {
namespace {

constexpr size_t kRsdpSize = 36;

// Places tables one after the other, at multiples of 16.
class Area {
 public:
  explicit Area(GuestAddress start) : start_(start.value()) {}

  GuestAddress add(const std::vector<std::byte>& table) {
    constexpr size_t kAlignment = 16;
    bytes_.resize(align_up(bytes_.size(), kAlignment));
    GuestAddress at(start_ + bytes_.size());
    bytes_.insert(bytes_.end(), table.begin(), table.end());
    return at;
  }
  // Replaces the bytes at the start.
  void set_front(const std::vector<std::byte>& table) { std::ranges::copy(table, bytes_.begin()); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  uint64_t start_;
  std::vector<std::byte> bytes_;
};

// Source: ACPI 6.5, 5.2.8 "Extended System Description Table".
std::vector<std::byte> xsdt(std::initializer_list<GuestAddress> tables) {
  AcpiTable table("XSDT", 1);
  for (GuestAddress each : tables) table.add(each.value());
  return std::move(table).finish();
}

struct [[gnu::packed]] Rsdp {
  char signature[8] = {'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '};
  std::byte checksum{};  // of the part up to rsdt
  char oem_id[6];
  uint8_t revision = 2;
  uint32_t rsdt = 0;
  uint32_t length = kRsdpSize;
  uint64_t xsdt;
  std::byte extended_checksum{};  // of all
  uint8_t reserved[3] = {};
};
static_assert(sizeof(Rsdp) == kRsdpSize);

// Source: ACPI 6.5, 5.2.5.3 "Root System Description Pointer (RSDP) Structure".
std::vector<std::byte> rsdp_of(GuestAddress xsdt) {
  constexpr size_t kFirstPart = 20;
  Rsdp rsdp{.xsdt = xsdt.value()};
  std::ranges::copy(kAcpiOemId, rsdp.oem_id);
  auto bytes = std::as_bytes(std::span(&rsdp, 1));
  rsdp.checksum = acpi_checksum(bytes.first(kFirstPart));
  rsdp.extended_checksum = acpi_checksum(bytes);
  return {bytes.begin(), bytes.end()};
}

Result<void> check(const AcpiConfig& config) {
  constexpr const char* kAction = "describe a machine by ACPI";
  if (config.cpus == 0 || config.cpus > kMostAcpiCpus) {
    return fail(
        EINVAL, kAction,
        "of " + std::to_string(config.cpus) + " CPUs (1 to " + std::to_string(kMostAcpiCpus) + ")");
  }
  if (config.virtio.size() > kMostAcpiVirtioDevices) {
    return fail(EINVAL, kAction,
                "with " + std::to_string(config.virtio.size()) + " virtio devices (at most " +
                    std::to_string(kMostAcpiVirtioDevices) + ")");
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> acpi_tables(const AcpiConfig& config, GuestAddress address) {
  TRY(check(config));
  Area area(address);
  area.add(std::vector<std::byte>(kRsdpSize));
  GuestAddress dsdt = area.add(make_dsdt(config));
  GuestAddress fadt = area.add(make_fadt(dsdt));
  GuestAddress madt = area.add(make_madt(config.cpus));
  area.set_front(rsdp_of(area.add(xsdt({fadt, madt}))));
  return area.take();
}

}  // namespace vm_control::vmm
