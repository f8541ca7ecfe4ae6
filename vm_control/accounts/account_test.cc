// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/account.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

constexpr Resources kLimits{.sessions = 1, .regions = 2, .events = 3, .unanswered = 4, .bytes = 5};

TEST(Account, IsChargedUpToItsLimitsAndNotPastThem) {
  auto account = std::make_shared<Account>(kLimits);
  for (const Resources& exact :
       {Resources{.sessions = 1}, Resources{.regions = 2}, Resources{.events = 3},
        Resources{.bytes = 5}, Resources{.sessions = 1, .regions = 2, .events = 3, .bytes = 5}}) {
    auto charge = account->charge(exact);
    ASSERT_TRUE(charge);
    EXPECT_EQ(account->used(), exact);
  }
  EXPECT_EQ(account->used(), Resources{}) << "charges give back what they took";
  for (const Resources& too_much : {Resources{.sessions = 2}, Resources{.regions = 3},
                                    Resources{.events = 4}, Resources{.bytes = 6}}) {
    EXPECT_EQ(account->charge(too_much).error().code(), EDQUOT);
    EXPECT_EQ(account->used(), Resources{});
  }
}

TEST(Account, AmountsThatWouldOverflowAreTooMuch) {
  auto account = std::make_shared<Account>(Resources{.regions = UINT32_MAX, .bytes = UINT64_MAX});
  auto held = account->charge({.regions = 2, .bytes = 2});
  EXPECT_EQ(account->charge({.bytes = UINT64_MAX}).error().code(), EDQUOT);
  EXPECT_EQ(account->charge({.regions = UINT32_MAX}).error().code(), EDQUOT);
}

TEST(Account, ChargesItsParentTooOrNeither) {
  auto parent = std::make_shared<Account>(Resources{.regions = 3});
  auto first = std::make_shared<Account>(Resources{.regions = 2}, parent);
  auto second = std::make_shared<Account>(Resources{.regions = 2}, parent);
  auto two = first->charge({.regions = 2});
  ASSERT_TRUE(two);
  EXPECT_EQ(first->charge({.regions = 1}).error().code(), EDQUOT) << "its own limit";
  EXPECT_EQ(second->charge({.regions = 2}).error().code(), EDQUOT) << "the parent's";
  EXPECT_EQ(second->used(), Resources{});
  EXPECT_EQ(parent->used().regions, 2u);
  two = Charge();
  EXPECT_EQ(parent->used().regions, 0u);
  EXPECT_TRUE(second->charge({.regions = 2}));
}

TEST(Account, OutlivesItsOwnerForAsLongAsItIsCharged) {
  auto parent = std::make_shared<Account>(kLimits);
  Charge kept;
  {
    auto account = std::make_shared<Account>(kLimits, parent);
    kept = *account->charge({.regions = 1});
  }
  EXPECT_EQ(parent->used().regions, 1u);
  kept = Charge();
  EXPECT_EQ(parent->used().regions, 0u);
}

TEST(Account, IsBehindWithAsManyUnansweredRequestsAsItMayHave) {
  auto parent = std::make_shared<Account>(Resources{.unanswered = 5});
  auto first = std::make_shared<Account>(Resources{.unanswered = 4}, parent);
  auto second = std::make_shared<Account>(Resources{.unanswered = 4}, parent);
  first->set_unanswered(3);
  EXPECT_FALSE(first->is_behind());
  first->set_unanswered(4);
  EXPECT_TRUE(first->is_behind());
  EXPECT_FALSE(second->is_behind());
  second->set_unanswered(1);
  EXPECT_TRUE(second->is_behind()) << "all of the parent's together";
  first->set_unanswered(0);
  EXPECT_FALSE(second->is_behind());
  EXPECT_EQ(parent->used().unanswered, 1u);
  second->set_unanswered(0);
}

TEST(Account, TellsTheLowerOfItsLimitsAndItsParents) {
  auto parent = std::make_shared<Account>(
      Resources{.sessions = 9, .regions = 1, .events = 9, .unanswered = 1, .bytes = 9});
  Account account(kLimits, parent);
  EXPECT_EQ(account.limits(),
            (Resources{.sessions = 1, .regions = 1, .events = 3, .unanswered = 1, .bytes = 5}));
}

TEST(AccountDeathTest, TellsAnOwnerThatWentWithoutGivingBack) {
  EXPECT_DEATH(
      {
        auto account = std::make_shared<Account>(kLimits);
        account->set_unanswered(1);
      },
      "broken rule: used_ == Resources");
}

}  // namespace
}  // namespace vm_control
