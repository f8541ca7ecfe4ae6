// SPDX-License-Identifier: BSD-3-Clause
#include "bench/memory_usage.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace vm_control::bench {
namespace {

// Takes a number off the front of `text`. Nothing if there is none.
std::optional<uint64_t> take_number(std::string_view& text, int base) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// The range in the line that begins a mapping, "7f0000000000-7f0000001000 rw-p ...".
std::optional<HostRange> mapping_of(std::string_view line) {
  auto start = take_number(line, 16);
  if (!start || !line.starts_with('-')) return std::nullopt;
  line.remove_prefix(1);
  auto end = take_number(line, 16);
  if (!end || !line.starts_with(' ')) return std::nullopt;
  return HostRange{*start, *end};
}

// The bytes in the line "NAME:      1234 kB"; 0 in a line of another name.
uint64_t bytes_in(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return 0;
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return take_number(line, 10).value_or(0) * 1024;
}

bool is_guests(HostRange mapping, std::span<const HostRange> guest) {
  uint64_t shared = 0;
  for (HostRange each : guest) {
    uint64_t start = std::max(each.start, mapping.start);
    uint64_t end = std::min(each.end, mapping.end);
    if (start < end) shared += end - start;
  }
  return shared > (mapping.end - mapping.start) / 2;
}

}  // namespace

MemoryUsage memory_beyond_guest(std::string_view smaps, std::span<const HostRange> guest) {
  MemoryUsage usage;
  bool counts = false;
  while (!smaps.empty()) {
    std::string_view line = smaps.substr(0, smaps.find('\n'));
    smaps.remove_prefix(std::min(line.size() + 1, smaps.size()));
    if (auto mapping = mapping_of(line)) counts = !is_guests(*mapping, guest);
    if (!counts) continue;
    usage.resident += bytes_in(line, "Rss:");
    usage.proportional += bytes_in(line, "Pss:");
    usage.unshared += bytes_in(line, "Private_Clean:") + bytes_in(line, "Private_Dirty:");
  }
  return usage;
}

}  // namespace vm_control::bench
