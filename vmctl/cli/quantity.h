// SPDX-License-Identifier: BSD-3-Clause
// Sizes and numbers as people write them: 4096, 0x1000, 64K, 128M, 2G, 1T; and times as they read
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Bytes. K, M, G and T are powers of 1024; "KiB" and "KB" mean the same as "K".
// Errors: EINVAL (no size), ERANGE (more than 64 bits).
Result<uint64_t> parse_size(std::string_view text);

// A change of the balloon in pages of 4 KiB: "+64M", "-64M", "64M"; or with `in_pages` a plain
// number. Errors: EINVAL (no size, or no multiple of 4 KiB), ERANGE (more than 31 bits of pages).
Result<int32_t> parse_page_change(std::string_view text, bool in_pages);

// "128 MiB", "4 KiB", "100 bytes": the largest unit that divides `bytes`.
std::string format_size(uint64_t bytes);

// The same with one decimal of the largest unit, where that says enough: "1023.9 MiB".
std::string format_rough_size(uint64_t bytes);

// "0s", "59s", "1m 5s", "3h 59m", "2d 0h": whole seconds at first, then what matters of more.
std::string format_uptime(std::chrono::nanoseconds uptime);

}  // namespace vm_control::vmctl
