// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/descriptor_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "vm_control/accounts/account.h"
#include "vm_control/base/test_limit.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {
namespace {

TEST(DescriptorPool, GivesAPrincipalAsManyAsItLeavesForOthers) {
  DescriptorPool pool(100);
  EXPECT_FALSE(pool.take(0, 51, false));
  EXPECT_TRUE(pool.take(0, 50, false));
  EXPECT_FALSE(pool.take(50, 1, false));
  EXPECT_FALSE(pool.has_one(50, false));
  EXPECT_TRUE(pool.take(0, 25, false)) << "the next one's";
  pool.give_back(50);
  EXPECT_TRUE(pool.take(0, 37, false));
}

TEST(DescriptorPool, GivesTheLastOneToWhoeverHasNone) {
  DescriptorPool pool(1);
  EXPECT_FALSE(pool.take(1, 1, false));
  EXPECT_TRUE(pool.take(0, 1, false));
  EXPECT_FALSE(pool.take(0, 1, false));
}

TEST(DescriptorPool, GivesAnAdministratorAllThereAre) {
  DescriptorPool pool(100);
  EXPECT_TRUE(pool.take(0, 100, true));
  EXPECT_FALSE(pool.take(100, 1, true));
  EXPECT_FALSE(pool.has_one(100, true));
}

TEST(DescriptorPool, GivesUpToAShare) {
  DescriptorPool pool(100);
  EXPECT_EQ(pool.take_up_to(30, 0, false), 30u);
  EXPECT_EQ(pool.take_up_to(30, 30, false), 20u);
  EXPECT_EQ(pool.take_up_to(30, 50, false), 0u);
  EXPECT_EQ(pool.take_up_to(60, 50, true), 50u);
}

TEST(DescriptorPool, GivesNothingThatTheProcessNeedsItself) {
  DescriptorPool pool(10);
  pool.reserve(11);
  EXPECT_FALSE(pool.take(0, 1, true));
  EXPECT_EQ(pool.take_up_to(5, 0, true), 0u);
  pool.give_back(2);
  EXPECT_TRUE(pool.take(0, 1, false));
}

// The largest number that an administrator can take.
uint32_t size_of(DescriptorPool& pool) {
  return pool.take_up_to(1U << 30, 0, true);
}

TEST(DescriptorPool, OfThisProcessIsWhatTheLimitLeaves) {
  LowLimit limit(RLIMIT_NOFILE, 500);
  uint32_t before = size_of(*DescriptorPool::of_this_process());
  EXPECT_GT(before, 300u);
  EXPECT_LT(before, 376u) << "a quarter stays with the process";
  std::vector<UniqueFd> mine;
  for (int i = 0; i < 100; ++i) mine.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(size_of(*DescriptorPool::of_this_process()), before - 75);
}

class SharingAccounts : public testing::Test {
 protected:
  std::shared_ptr<Account> make_account() {
    return std::make_shared<Account>(Resources::unlimited(), nullptr, pool_);
  }
  static uint32_t held(const std::shared_ptr<Account>& account) {
    return account->used().descriptors;
  }

  std::shared_ptr<DescriptorPool> pool_ = std::make_shared<DescriptorPool>(100);
  std::shared_ptr<Account> first_ = make_account();
  std::shared_ptr<Account> second_ = make_account();
};

TEST_F(SharingAccounts, AreRefusedWhatIsMoreThanTheirShareAndKeepNothingOfIt) {
  auto session = std::make_shared<Account>(Resources::unlimited(), first_);
  auto charge = session->charge({.sessions = 1, .descriptors = 50});
  ASSERT_TRUE(charge);
  EXPECT_EQ(session->charge({.sessions = 1, .descriptors = 1}).error().code(), EMFILE);
  EXPECT_EQ(first_->used(), (Resources{.sessions = 1, .descriptors = 50}));
  EXPECT_FALSE(session->may_have_descriptor());
  EXPECT_TRUE(second_->may_have_descriptor());
  EXPECT_TRUE(session->charge({.sessions = 1})) << "what takes no descriptor";
  *charge = Charge();
  EXPECT_TRUE(session->may_have_descriptor());
  EXPECT_TRUE(first_->charge({.descriptors = 50}));
}

TEST_F(SharingAccounts, TakeAsManyAsTheyMay) {
  Charge many = first_->charge_descriptors(253);
  EXPECT_EQ(many.resources().descriptors, 50u);
  EXPECT_EQ(held(first_), 50u);
  Charge none = first_->charge_descriptors(1);
  EXPECT_EQ(none.resources().descriptors, 0u);
  EXPECT_EQ(second_->charge_descriptors(253).resources().descriptors, 25u);
  many = Charge();
  EXPECT_EQ(held(first_), 0u);
}

TEST_F(SharingAccounts, OfAdministratorsHaveNoShare) {
  first_->set_exempt(true);
  Charge all = first_->charge_descriptors(253);
  EXPECT_EQ(all.resources().descriptors, 100u);
  EXPECT_EQ(first_->charge({.descriptors = 1}).error().code(), EMFILE);
}

TEST(Account, WithoutAPoolHasDescriptorsWithoutLimit) {
  auto account = std::make_shared<Account>(Resources());
  EXPECT_TRUE(account->charge({.descriptors = 1000}));
  EXPECT_EQ(account->charge_descriptors(253).resources().descriptors, 253u);
  EXPECT_TRUE(account->may_have_descriptor());
}

}  // namespace
}  // namespace vm_control
