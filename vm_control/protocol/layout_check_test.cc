// SPDX-License-Identifier: BSD-3-Clause
// Layouts that the compiler refuses.
#include "vm_control/protocol/layout_check.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

// A request with a 64-bit field at `kFirst` and a 32-bit one at `kSecond`.
template <size_t kFirst, size_t kSecond, uint32_t kTypeNumber = 1>
struct TwoFields {
  static constexpr uint32_t kType = kTypeNumber;

  uint64_t first = 0;
  uint32_t second = 0;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("first", kFirst, self.first);
    wire.field("second", kSecond, self.second);
  }
};

// A request with two flags, of which one belongs to a 32-bit field at `kAt`.
template <uint32_t kFirst, uint32_t kSecond, size_t kAt = 8>
struct TwoFlags {
  static constexpr uint32_t kType = 1;

  bool first = false;
  std::optional<uint32_t> second;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.flag({"FIRST", kFirst}, self.first);
    wire.optional("second", kAt, self.second, {"SECOND", kSecond});
  }
};

template <class Message>
constexpr bool fits_a_request = internal::layout_is_sound<RequestFrame, Message>();
template <class Message>
constexpr bool fits_a_response = internal::layout_is_sound<ResponseFrame, Message>();

TEST(LayoutCheck, AcceptsFieldsThatFit) {
  static_assert(fits_a_request<TwoFields<8, 4>>);
  static_assert(fits_a_request<TwoFields<24, 16>>);
  static_assert(fits_a_request<TwoFlags<1, 2>>);
  EXPECT_TRUE((internal::layout_is_sound<RequestFrame, TwoFields<8, 4>>()));
  EXPECT_TRUE((internal::layout_is_sound<RequestFrame, TwoFlags<1, 2>>()));
}

TEST(LayoutCheck, RefusesAFieldThatIsNotInThePayload) {
  static_assert(!fits_a_request<TwoFields<8, 0>>, "over the type");
  static_assert(!fits_a_request<TwoFields<32, 4>>, "past the end");
  static_assert(!fits_a_response<TwoFields<8, 48>>, "past the end");
  static_assert(fits_a_response<TwoFields<8, 4>>);
  static_assert(!fits_a_response<TwoFields<8, 4, 0x100>>, "bytes 4 to 7 are reserved");
  EXPECT_FALSE((internal::layout_is_sound<RequestFrame, TwoFields<32, 4>>()));
}

TEST(LayoutCheck, RefusesAFieldThatIsNotAligned) {
  static_assert(!fits_a_request<TwoFields<12, 4>>);
  static_assert(!fits_a_request<TwoFields<8, 18>>);
}

TEST(LayoutCheck, RefusesFieldsThatOverlap) {
  static_assert(!fits_a_request<TwoFields<8, 8>>);
  static_assert(!fits_a_request<TwoFields<8, 12>>);
  static_assert(!fits_a_request<TwoFlags<1, 2, 4>>, "a field over the flags");
  EXPECT_FALSE((internal::layout_is_sound<RequestFrame, TwoFields<8, 12>>()));
}

TEST(LayoutCheck, RefusesFlagsThatShareABitOrHaveSeveral) {
  static_assert(!fits_a_request<TwoFlags<1, 1>>);
  static_assert(!fits_a_request<TwoFlags<0, 2>>);
  static_assert(!fits_a_request<TwoFlags<4, 3>>);
  EXPECT_FALSE((internal::layout_is_sound<RequestFrame, TwoFlags<4, 3>>()));
}

}  // namespace
}  // namespace vm_control
