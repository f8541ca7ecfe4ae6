// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_json.h"

#include <gtest/gtest.h>

#include <charconv>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace vm_control {
namespace {

Json parse_object(const std::string& line) {
  auto parsed = nlohmann::ordered_json::parse(line, nullptr, false);
  Json object;
  EXPECT_TRUE(parsed.is_object()) << line;
  if (!parsed.is_object()) return object;
  for (const auto& [name, value] : parsed.items()) {
    bool is_new = object.emplace(name, PrintedValue::of_text(value.dump())).second;
    EXPECT_TRUE(is_new) << name << " comes twice: " << line;
  }
  return object;
}

}  // namespace

PrintedValue PrintedValue::of_text(std::string text) {
  PrintedValue value;
  value.text_ = std::move(text);
  return value;
}

int64_t PrintedValue::number() const {
  int64_t number = -1;
  const char* end = text_.data() + text_.size();
  auto [stop, error] = std::from_chars(text_.data(), end, number);
  EXPECT_TRUE(error == std::errc() && stop == end) << text_;
  return error == std::errc() && stop == end ? number : -1;
}

std::vector<Json> parse_json_lines(const std::string& text) {
  std::vector<Json> objects;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) objects.push_back(parse_object(line));
  return objects;
}

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object) names.push_back(name);
  return names;
}

}  // namespace vm_control
