// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/table.h"

#include <algorithm>

#include "vm_control/base/printable.h"

namespace vm_control::vmctl {
namespace {

std::vector<size_t> widths_of(const std::vector<Table::Row>& rows) {
  std::vector<size_t> widths(rows.empty() ? 0 : rows[0].size());
  for (const Table::Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

}  // namespace

void Table::add(Row row) {
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::to_string() const {
  constexpr size_t kGap = 2;
  std::vector<size_t> widths = widths_of(rows_);
  std::string text;
  for (const Row& row : rows_) {
    if (!text.empty()) text += '\n';
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      bool is_last = i + 1 == row.size();
      if (!is_last) text.append(widths[i] + kGap - row[i].size(), ' ');
    }
  }
  return text;
}

}  // namespace vm_control::vmctl
