// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/terminal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "vmctl/run/test_job.h"

namespace vm_control::vmctl {
namespace {

// Takes the terminal once it may.
RawTerminal take_terminal() {
  while (!is_foreground_terminal(TestJob::kTerminal)) usleep(1000);
  return *RawTerminal::enter(TestJob::kTerminal);
}

TEST(RawTerminal, IsPutBackByEachSignalThatEndsTheProcess) {
  for (int signal :
       {SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR, SIGIO, SIGXCPU, SIGTRAP,
        SIGSTKFLT, SIGINT, SIGTERM, SIGHUP, SIGRTMIN, SIGRTMIN + 5, SIGRTMAX}) {
    TestJob job([] {
      RawTerminal terminal = take_terminal();
      for (;;) pause();
    });
    job.bring_to_foreground();
    ASSERT_TRUE(job.becomes_raw(true)) << signal;
    job.signal(signal);
    EXPECT_EQ(job.wait(), signal);
    EXPECT_TRUE(job.becomes_raw(false)) << signal;
  }
}

TEST(RawTerminal, IsPutBackByAnAbort) {
  TestJob job([] {
    RawTerminal terminal = take_terminal();
    std::abort();
  });
  job.bring_to_foreground();
  EXPECT_EQ(job.wait(), SIGABRT);
  EXPECT_TRUE(job.becomes_raw(false));
}

TEST(RawTerminal, LeavesASignalIgnoredThatWasIgnored) {
  TestJob job([] {
    std::signal(SIGUSR1, SIG_IGN);
    RawTerminal terminal = take_terminal();
    for (;;) pause();
  });
  job.bring_to_foreground();
  ASSERT_TRUE(job.becomes_raw(true));
  job.signal(SIGUSR1);
  job.signal(SIGUSR2);
  EXPECT_EQ(job.wait(), SIGUSR2);
}

}  // namespace
}  // namespace vm_control::vmctl
