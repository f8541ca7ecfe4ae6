// SPDX-License-Identifier: BSD-3-Clause
// JSON that vmctl printed, to compare with what a test expects.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "vmctl/cli/json.h"

namespace vm_control {

// A value as JSON text: 1, "1" and true are three values.
class PrintedValue {
 public:
  PrintedValue() : PrintedValue(vmctl::JsonValue()) {}
  template <std::convertible_to<vmctl::JsonValue> Value>
  PrintedValue(const Value& value) : text_(vmctl::JsonValue(value).text()) {}
  static PrintedValue of_text(std::string text);

  // The value as a number. Fails the test and returns -1 if it is not one of 64 bits.
  int64_t number() const;

  bool operator==(const PrintedValue&) const = default;
  friend void PrintTo(const PrintedValue& value, std::ostream* out) { *out << value.text_; }

 private:
  std::string text_;
};

// The members of an object, by name.
using Json = std::map<std::string, PrintedValue>;

// Parses objects, one a line. A line that is not an object fails the test.
std::vector<Json> parse_json_lines(const std::string& text);

// The names of an object's members, sorted.
std::vector<std::string> keys(const Json& object);

}  // namespace vm_control
