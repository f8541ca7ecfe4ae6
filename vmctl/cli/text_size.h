// SPDX-License-Identifier: BSD-3-Clause
// How much text standard output shows at once, and text that is wrapped to that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vm_control::vmctl {

struct TextSize {
  size_t columns = 80;
  std::optional<size_t> lines;  // nothing where more can be shown than a screen has
};

// As the variables COLUMNS and LINES say; else of the terminal; else 80 columns.
TextSize text_size();

// Breaks lines that are longer than `columns`, at spaces where there are any. The rest of a line
// is indented as the line is, and by `hanging` more.
std::string wrap(std::string_view text, size_t columns, size_t hanging = 0);

}  // namespace vm_control::vmctl
