// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/json.h"

#include <nlohmann/json.hpp>

namespace vm_control::vmctl {
namespace {

void append(std::string& list, const std::string& element) {
  if (!list.empty()) list += ',';
  list += element;
}

}  // namespace

JsonValue::JsonValue(const std::string& value)
    : text_(nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)) {}

JsonValue::JsonValue(const std::vector<JsonObject>& array) {
  for (const JsonObject& each : array) append(text_, each.text());
  text_ = '[' + text_ + ']';
}

JsonObject::JsonObject(std::initializer_list<Member> members) {
  for (const Member& each : members) add(each);
}

void JsonObject::add(const Member& member) {
  append(members_, '"' + std::string(member.name) + "\":" + member.value.text());
}

void JsonObject::add(const JsonObject& other) {
  if (!other.members_.empty()) append(members_, other.members_);
}

}  // namespace vm_control::vmctl
