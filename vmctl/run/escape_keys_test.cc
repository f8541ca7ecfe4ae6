// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/escape_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace vm_control::vmctl {
namespace {

EscapeKeys::Typed type(EscapeKeys& keys, std::string_view text) {
  return keys.sort(std::as_bytes(std::span(text)));
}

std::string guest_text(const EscapeKeys::Typed& typed) {
  return {reinterpret_cast<const char*>(typed.for_the_guest.data()), typed.for_the_guest.size()};
}

TEST(EscapeKeys, OrdinaryKeysAreForTheGuest) {
  EscapeKeys keys;
  auto typed = type(keys, "xX\x03\r");
  EXPECT_EQ(guest_text(typed), "xX\x03\r");
  EXPECT_FALSE(typed.quit);
}

TEST(EscapeKeys, CtrlAThenXEndsTheVm) {
  EscapeKeys keys;
  auto typed = type(keys, "a\x01xb");
  EXPECT_TRUE(typed.quit);
  EXPECT_EQ(guest_text(typed), "ab");
}

TEST(EscapeKeys, CtrlAAppliesToTheNextCallToo) {
  EscapeKeys keys;
  EXPECT_FALSE(type(keys, "\x01").quit);
  EXPECT_TRUE(type(keys, "x").quit);
  EXPECT_EQ(guest_text(type(keys, "x")), "x");
}

TEST(EscapeKeys, CtrlATwiceSendsOne) {
  EscapeKeys keys;
  EXPECT_EQ(guest_text(type(keys, "\x01\x01")), "\x01");
  EXPECT_EQ(guest_text(type(keys, "\x01q")), "");
}

}  // namespace
}  // namespace vm_control::vmctl
