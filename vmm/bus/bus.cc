// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/bus.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <string>

namespace vm_control::vmm {
namespace {

bool is_device_width(size_t size) {
  return std::has_single_bit(size) && size <= sizeof(uint64_t);
}

}  // namespace

Result<void> Bus::add(uint64_t first, uint64_t size, BusDevice& device) {
  constexpr const char* kAction = "add a device at address";
  if (size == 0 || first > last_ || size - 1 > last_ - first) {
    return fail(EINVAL, kAction, std::to_string(first));
  }
  if (has_device(first, size)) return fail(EEXIST, kAction, std::to_string(first));
  entries_.emplace(first, Entry{first + (size - 1), &device});
  return {};
}

bool Bus::has_device(uint64_t first, uint64_t size) const {
  uint64_t last = first + (size - 1);
  auto next = entries_.lower_bound(first);
  bool overlaps_next = next != entries_.end() && next->first <= last;
  bool overlaps_previous = next != entries_.begin() && std::prev(next)->second.last >= first;
  return overlaps_next || overlaps_previous;
}

Bus::Place Bus::find(uint64_t address, uint64_t size) const {
  auto next = entries_.upper_bound(address);
  if (next == entries_.begin()) return {};
  auto [first, entry] = *std::prev(next);
  if (address > entry.last || size - 1 > entry.last - address) return {};
  return {entry.device, address - first};
}

template <class Byte, class Access>
bool Bus::visit(uint64_t address, std::span<Byte> data, Access access) const {
  if (is_device_width(data.size())) {
    Place place = find(address, data.size());
    if (place.device) {
      access(place, data);
      return true;
    }
  }
  bool is_claimed = true;
  for (size_t i = 0; i < data.size(); ++i) {
    Place place = i <= UINT64_MAX - address ? find(address + i, 1) : Place{};
    access(place, data.subspan(i, 1));
    is_claimed &= place.device != nullptr;
  }
  return is_claimed;
}

bool Bus::read(uint64_t address, std::span<std::byte> data) const {
  return visit(address, data, [](Place place, std::span<std::byte> part) {
    if (place.device) {
      place.device->read(place.offset, part);
    } else {
      std::ranges::fill(part, std::byte{0xff});
    }
  });
}

bool Bus::write(uint64_t address, std::span<const std::byte> data) const {
  return visit(address, data, [](Place place, std::span<const std::byte> part) {
    if (place.device) place.device->write(place.offset, part);
  });
}

}  // namespace vm_control::vmm
