// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/text_size.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace vm_control::vmctl {
namespace {

// Narrower, nothing can be read.
constexpr size_t kMinColumns = 20;

// A positive number in the environment.
std::optional<size_t> number_in(const char* variable) {
  const char* value = std::getenv(variable);
  std::string_view text = value ? value : "";
  size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_number = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_number ? std::optional(number) : std::nullopt;
}

// Where to break `line`, which is longer than `columns` and begins with `indent` spaces: behind the
// last word that fits, or within the first.
size_t break_in(std::string_view line, size_t columns, size_t indent) {
  size_t space = line.rfind(' ', columns);
  return space == std::string_view::npos || space < indent ? columns : space;
}

// Appends `line`, wrapped.
void append_line(std::string& out, std::string line, size_t columns, size_t hanging) {
  size_t first = std::min(line.find_first_not_of(' '), line.size());
  size_t indent = std::min(first, columns / 2);
  if (line.size() > columns) line.erase(0, first - indent);
  while (line.size() > columns) {
    size_t end = break_in(line, columns, indent);
    out.append(line, 0, line.find_last_not_of(' ', end - 1) + 1);
    out += '\n';
    line.erase(0, std::min(line.find_first_not_of(' ', end), line.size()));
    indent = std::min(indent + std::exchange(hanging, 0), columns / 2);
    line.insert(0, indent, ' ');
  }
  out += line;
}

}  // namespace

TextSize text_size() {
  winsize terminal{};
  ioctl(STDOUT_FILENO, TIOCGWINSZ, &terminal);
  TextSize size;
  if (terminal.ws_col > 0) size.columns = terminal.ws_col;
  if (terminal.ws_row > 0) size.lines = terminal.ws_row;
  size.columns = std::max(number_in("COLUMNS").value_or(size.columns), kMinColumns);
  if (auto lines = number_in("LINES")) size.lines = lines;
  return size;
}

std::string wrap(std::string_view text, size_t columns, size_t hanging) {
  std::string out;
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find('\n', start), text.size());
    if (start > 0) out += '\n';
    append_line(out, std::string(text.substr(start, end - start)), columns, hanging);
    start = end + 1;
  }
  return out;
}

}  // namespace vm_control::vmctl
