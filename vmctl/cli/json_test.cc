// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/json.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace vm_control::vmctl {
namespace {

TEST(Json, MembersKeepTheirOrderAndTypes) {
  JsonObject object{{"text", "a"},         {"number", UINT64_MAX}, {"negative", -1},
                    {"byte", uint8_t{65}}, {"yes", true},          {"nothing", JsonValue()}};
  object.add({"no", false});
  EXPECT_EQ(object.text(), R"({"text":"a","number":18446744073709551615,"negative":-1,)"
                           R"("byte":65,"yes":true,"nothing":null,"no":false})");
}

TEST(Json, TextIsEscaped) {
  EXPECT_EQ(JsonValue("\"\\\n\x01/é").text(), R"("\"\\\n\u0001/\u00e9")");
  EXPECT_EQ(JsonValue("\x7f\xc2\x9b").text(), R"("\u007f\u009b")") << "a terminal obeys them";
  EXPECT_EQ(JsonValue("a\xff").text(), R"("a\ufffd")") << "it is not UTF-8";
}

TEST(Json, ObjectsStandInArraysAndAreJoined) {
  EXPECT_EQ(JsonValue(std::vector<JsonObject>()).text(), "[]");
  JsonObject object{{"list", std::vector{JsonObject{{"a", 1}}, JsonObject{{"a", 2}}}}};
  object.add(JsonObject());
  object.add(JsonObject{{"b", 3}});
  EXPECT_EQ(object.text(), R"({"list":[{"a":1},{"a":2}],"b":3})");
  EXPECT_EQ(JsonObject().text(), "{}");
}

}  // namespace
}  // namespace vm_control::vmctl
