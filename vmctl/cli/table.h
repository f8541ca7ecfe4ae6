// SPDX-License-Identifier: BSD-3-Clause
// A table of text. Each column is as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace vm_control::vmctl {

class Table {
 public:
  using Row = std::vector<std::string>;

  // Adds a row; the first may have the titles of the columns. All rows have the same number of
  // cells. What a terminal would obey in them is escaped, newlines too.
  void add(Row row);
  bool empty() const { return rows_.empty(); }

  // Returns the rows, with newlines between them, two spaces between columns and none at line ends.
  std::string to_string() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace vm_control::vmctl
