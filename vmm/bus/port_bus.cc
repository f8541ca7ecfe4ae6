// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/port_bus.h"

#include <iterator>
#include <string>

namespace vm_control::vmm {

Result<void> PortBus::add(uint16_t first, uint16_t count, PortDevice& device) {
  constexpr uint32_t kPorts = 0x10000;
  constexpr const char* kAction = "add a device at port";
  uint32_t end = uint32_t{first} + count;
  if (count == 0 || end > kPorts) return fail(EINVAL, kAction, std::to_string(first));
  auto next = entries_.lower_bound(first);
  bool overlaps_next = next != entries_.end() && next->first < end;
  bool overlaps_previous = next != entries_.begin() && std::prev(next)->second.end > first;
  if (overlaps_next || overlaps_previous) return fail(EEXIST, kAction, std::to_string(first));
  entries_.emplace(first, Entry{end, &device});
  return {};
}

PortBus::Place PortBus::find(uint32_t port) const {
  auto next = entries_.upper_bound(port);
  if (next == entries_.begin()) return {nullptr, 0};
  auto [first, entry] = *std::prev(next);
  if (port >= entry.end) return {nullptr, 0};
  return {entry.device, static_cast<uint16_t>(port - first)};
}

void PortBus::read(uint16_t port, std::span<std::byte> data) const {
  uint32_t next = port;
  for (std::byte& each : data) {
    Place place = find(next++);
    each = place.device ? std::byte{place.device->read(place.offset)} : std::byte{0xff};
  }
}

void PortBus::write(uint16_t port, std::span<const std::byte> data) const {
  uint32_t next = port;
  for (std::byte each : data) {
    Place place = find(next++);
    if (place.device) place.device->write(place.offset, std::to_integer<uint8_t>(each));
  }
}

}  // namespace vm_control::vmm
