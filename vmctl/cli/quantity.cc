// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/quantity.h"

#include <fmt/core.h>

#include <charconv>
#include <limits>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

constexpr std::string_view kUnits = "KMGT";

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Returns the power of two that a unit stands for: 0 for an empty one, 10 for "K".
Result<unsigned> parse_unit(std::string_view unit) {
  if (unit.empty()) return 0u;
  size_t index = kUnits.find(unit[0] >= 'a' ? static_cast<char>(unit[0] - 'a' + 'A') : unit[0]);
  std::string_view rest = unit.substr(1);
  if (index == std::string_view::npos || (!rest.empty() && rest != "iB" && rest != "B")) {
    return fail(EINVAL, "read as the unit of a size (K, M, G or T)", quoted(unit));
  }
  return static_cast<unsigned>(10 * (index + 1));
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  std::string_view digits = hexadecimal ? text.substr(2) : text;
  uint64_t number = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, hexadecimal ? 16 : 10);
  constexpr const char* kTooLarge = "read as a size of less than 16777216T";
  if (error == std::errc::result_out_of_range) return fail(ERANGE, kTooLarge, quoted(text));
  if (error != std::errc()) return fail(EINVAL, "read as a size (4096, 0x1000, 64K)", quoted(text));
  unsigned shift = TRY(parse_unit({end, digits.data() + digits.size()}));
  if (shift && number > std::numeric_limits<uint64_t>::max() >> shift) {
    return fail(ERANGE, kTooLarge, quoted(text));
  }
  return number << shift;
}

Result<int32_t> parse_page_change(std::string_view text, bool in_pages) {
  bool negative = text.starts_with('-');
  std::string_view amount = negative || text.starts_with('+') ? text.substr(1) : text;
  uint64_t count = TRY(parse_size(amount));
  if (!in_pages) {
    if (count % kPageSize)
      return fail(EINVAL, "change the balloon by a part of a page of 4 KiB:", std::string(text));
    count /= kPageSize;
  }
  if (count > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return fail(ERANGE, "change the balloon by 8T or more at once:", std::string(text));
  }
  auto pages = static_cast<int32_t>(count);
  return negative ? -pages : pages;
}

Result<BalloonChange> parse_balloon_change(std::string_view text, bool in_pages) {
  BalloonChange change;
  if (!text.starts_with('=')) {
    change.pages = TRY(parse_page_change(text, in_pages));
    return change;
  }
  uint64_t bytes = TRY(parse_size(text.substr(1)));
  if (in_pages && bytes > std::numeric_limits<uint64_t>::max() / kPageSize) {
    return fail(ERANGE, "set the balloon to 16777216T or more:", std::string(text));
  }
  if (in_pages) bytes *= kPageSize;
  if (bytes % kPageSize) {
    return fail(EINVAL, "set the balloon to a part of a page of 4 KiB:", std::string(text));
  }
  change.target_bytes = bytes;
  return change;
}

std::string format_size(uint64_t bytes) {
  for (size_t i = kUnits.size(); bytes && i > 0; --i) {
    uint64_t unit = uint64_t{1} << (10 * i);
    if (bytes % unit == 0) return std::to_string(bytes / unit) + " " + kUnits[i - 1] + "iB";
  }
  return std::to_string(bytes) + " bytes";
}

std::string format_rough_size(uint64_t bytes) {
  for (size_t i = kUnits.size(); i > 0; --i) {
    uint64_t unit = uint64_t{1} << (10 * i);
    if (bytes < unit) continue;
    if (bytes % unit == 0) break;
    // Cut off, not rounded, so that less than 1 GiB does not look like 1 GiB.
    uint64_t tenths = bytes % unit / (unit / 1024) * 10 / 1024;
    return fmt::format("{}.{} {}iB", bytes / unit, tenths, kUnits[i - 1]);
  }
  return format_size(bytes);
}

std::string format_uptime(std::chrono::nanoseconds uptime) {
  using std::chrono::duration_cast;
  auto days = duration_cast<std::chrono::days>(uptime).count();
  auto hours = duration_cast<std::chrono::hours>(uptime).count();
  auto minutes = duration_cast<std::chrono::minutes>(uptime).count();
  auto seconds = duration_cast<std::chrono::seconds>(uptime).count();
  if (days > 0) return fmt::format("{}d {}h", days, hours % 24);
  if (hours > 0) return fmt::format("{}h {}m", hours, minutes % 60);
  if (minutes > 0) return fmt::format("{}m {}s", minutes, seconds % 60);
  return fmt::format("{}s", seconds);
}

}  // namespace vm_control::vmctl
