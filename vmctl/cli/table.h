// SPDX-License-Identifier: BSD-3-Clause
// Rows of text under each other, each column as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace vm_control::vmctl {

class Table {
 public:
  using Row = std::vector<std::string>;

  // Adds a row; the first may be the heads of the columns. All have as many cells.
  void add(Row row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  // The rows, two spaces between the columns and none at the ends, with newlines between them.
  std::string to_string() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace vm_control::vmctl
