// SPDX-License-Identifier: BSD-3-Clause
// JSON objects as vmctl prints them: on one line, with their members in the order given.
//
// Values are kept as text, so that only json.cc needs a JSON library.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <vector>

namespace vm_control::vmctl {

class JsonObject;

class JsonValue {
 public:
  JsonValue() : text_("null") {}
  JsonValue(bool value) : text_(value ? "true" : "false") {}
  template <std::integral Number>
  JsonValue(Number value) : text_(std::to_string(value)) {}
  JsonValue(const char* value) : JsonValue(std::string(value)) {}
  // Consists of printable ASCII, whatever is in `value`: other characters are escaped, and what is
  // not UTF-8 becomes U+FFFD.
  JsonValue(const std::string& value);
  JsonValue(const std::vector<JsonObject>& array);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class JsonObject {
 public:
  // Names consist of letters and underscores.
  struct Member {
    const char* name;
    JsonValue value;
  };

  JsonObject() = default;
  JsonObject(std::initializer_list<Member> members);

  void add(const Member& member);
  // Adds the members of `other`.
  void add(const JsonObject& other);

  // {"name":value,"name":value}
  std::string text() const { return '{' + members_ + '}'; }

 private:
  std::string members_;
};

}  // namespace vm_control::vmctl
