// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/function.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace vm_control {
namespace {

TEST(Function, CallsWhatItHolds) {
  int calls = 0;
  Function<int(int)> add = [&calls](int more) { return calls += more; };
  EXPECT_EQ(add(2), 2);
  EXPECT_EQ(add(3), 5);
  EXPECT_EQ(calls, 5);
}

TEST(Function, HoldsNothingByDefaultAndAfterAMove) {
  Function<void()> nothing;
  EXPECT_FALSE(nothing);
  Function<void()> something = [] {};
  EXPECT_TRUE(something);
  nothing = std::move(something);
  EXPECT_TRUE(nothing);
  EXPECT_FALSE(something);  // NOLINT(bugprone-use-after-move)
}

TEST(Function, OwnsWhatCanNotBeCopied) {
  Function<int()> inside = [owned = std::make_unique<int>(7)] { return *owned; };
  Function<int()> moved = std::move(inside);
  EXPECT_EQ(moved(), 7);
}

// Counts how many of it there are.
struct Counted {
  explicit Counted(int& count) : count_(&count) { ++*count_; }
  Counted(Counted&& other) noexcept : count_(other.count_) { ++*count_; }
  ~Counted() { --*count_; }
  void operator()() const {}
  int* count_;
};
// The same, too large to be kept inside.
struct Large : Counted {
  using Counted::Counted;
  std::array<char, 200> more{};
};

template <class Held>
class FunctionLifetime : public testing::Test {};
using Kinds = testing::Types<Counted, Large>;
TYPED_TEST_SUITE(FunctionLifetime, Kinds);

TYPED_TEST(FunctionLifetime, DestroysWhatItHeldOnce) {
  int count = 0;
  {
    Function<void()> first = TypeParam(count);
    EXPECT_EQ(count, 1);
    Function<void()> second = std::move(first);
    EXPECT_EQ(count, 1);
    second();
    second = TypeParam(count);
    EXPECT_EQ(count, 1);
  }
  EXPECT_EQ(count, 0);
}

TEST(Function, PassesArgumentsOnAsTheyAre) {
  std::string seen;
  Function<void(std::string, std::unique_ptr<int>)> keep =
      [&](std::string text, std::unique_ptr<int> number) { seen = text + std::to_string(*number); };
  keep("x", std::make_unique<int>(1));
  EXPECT_EQ(seen, "x1");
}

}  // namespace
}  // namespace vm_control
