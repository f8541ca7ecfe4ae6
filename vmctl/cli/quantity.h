// SPDX-License-Identifier: BSD-3-Clause
// Sizes as people write and read them (4096, 0x1000, 64K, 128M, 2G, 1T), and times as they read
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Bytes. K, M, G and T are powers of 1024; "KiB" and "KB" mean the same as "K".
// Errors: EINVAL (not a size), ERANGE (more than 64 bits).
Result<uint64_t> parse_size(std::string_view text);

// Parses a change of the balloon: "+64M", "-64M" or "64M", or with `in_pages` a number of pages.
// Returns pages of 4 KiB.
// Errors: EINVAL (not a size, or not a multiple of 4 KiB), ERANGE (more than 31 bits of pages).
Result<int32_t> parse_page_change(std::string_view text, bool in_pages);

// A change of the balloon: by how many pages of 4 KiB its target is to move, or where to.
struct BalloonChange {
  int32_t pages = 0;
  std::optional<uint64_t> target_bytes;
};

// Parses a change as parse_page_change() does, or "=256M", a target.
// Errors: as parse_page_change(); a target may have 64 bits.
Result<BalloonChange> parse_balloon_change(std::string_view text, bool in_pages);

// "128 MiB", "4 KiB", "100 bytes": in the largest unit that divides `bytes`.
std::string format_size(uint64_t bytes);

// The same, but with one decimal of a larger unit where no large unit divides `bytes`: "1023.9
// MiB".
std::string format_rough_size(uint64_t bytes);

// "0s", "59s", "1m 5s", "3h 59m", "2d 0h": the two largest units, in whole seconds.
std::string format_uptime(std::chrono::nanoseconds uptime);

}  // namespace vm_control::vmctl
