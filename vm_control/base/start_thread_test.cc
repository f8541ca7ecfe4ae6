// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/start_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <csignal>
#include <initializer_list>

namespace vm_control {
namespace {

TEST(StartThread, TheThreadHasItsName) {
  std::array<char, 16> name{};
  auto thread =
      start_thread("worker", [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_STREQ(name.data(), "worker");
}

TEST(StartThread, TheThreadTakesNoSignalsAndItsMakerDoesAsBefore) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  sigset_t blocked;
  auto thread = start_thread("worker", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });
  ASSERT_TRUE(thread);
  thread->join();
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGRTMIN}) {
    EXPECT_TRUE(sigismember(&blocked, signal)) << signal;
    EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal)) << signal;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
    EXPECT_FALSE(sigismember(&blocked, signal)) << signal << " is of the thread's own making";
  }
}

}  // namespace
}  // namespace vm_control
