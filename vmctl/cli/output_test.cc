// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

namespace vm_control::vmctl {
namespace {

// Leads standard output into a pipe that takes no more. Its other end stays open.
void fill_standard_output() {
  int ends[2] = {-1, -1};
  if (pipe(ends) < 0) std::abort();
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  std::array<char, 4096> text{};
  while (write(ends[1], text.data(), text.size()) > 0) {
  }
  fcntl(ends[1], F_SETFL, 0);
  dup2(ends[1], STDOUT_FILENO);
}

TEST(OutputDeathTest, ThatNobodyTakesEndsWithASignalThatIsBlocked) {
  auto wait = [] {
    fill_standard_output();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    raise(SIGTERM);
    Output output;
    output.add("text");
    output.flush();
  };
  EXPECT_EXIT(wait(), testing::KilledBySignal(SIGTERM), "");
}

TEST(OutputDeathTest, ThatIsLostIsOneErrorThatNamesWhatWasDone) {
  auto lose = [] {
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
    Output output;
    output.add("a result\n");
    bool is_written = output.flush();
    output.note("a: paused");
    output.add("more\n");
    std::_Exit(is_written ? 100 : output.finish(kDone));
  };
  EXPECT_EXIT(lose(), testing::ExitedWithCode(kRefused),
              "^vmctl: cannot write to standard output: ENOSPC \\(No space left on device\\); "
              "a: paused\n$");
}

TEST(OutputDeathTest, ThatIsLostKeepsAStatusThatIsAFailureAlready) {
  auto lose = [] {
    close(STDOUT_FILENO);
    Output output;
    output.add("a result\n");
    std::_Exit(output.finish(kTimedOut));
  };
  EXPECT_EXIT(lose(), testing::ExitedWithCode(kTimedOut), "EBADF");
}

}  // namespace
}  // namespace vm_control::vmctl
