// SPDX-License-Identifier: BSD-3-Clause
// Each test runs in a child, which is the only one to have descendants.
#include "vmhost/descendants.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/test_child.h"

namespace vm_control::vmhost {
namespace {

using Clock = Descendants::Clock;

constexpr std::chrono::seconds kLong(30);
constexpr auto kNotMine = [](pid_t) { return false; };

template <class Body>
void expect_good(Body body) {
  Ending ending = in_child(body);
  EXPECT_TRUE(ending.was_good()) << ending;
}

// The same for a child that has adopted its descendants.
template <class Body>
void expect_good_with_descendants(Body body) {
  expect_good([&] {
    auto descendants = Descendants::adopt();
    IN_CHILD(descendants);
    body(*descendants);
  });
}

// Starts a shell, and waits until it has written a line to its standard output.
pid_t start_shell(const char* script) {
  int ends[2];
  IN_CHILD(pipe(ends) == 0);
  pid_t shell = fork();
  if (shell == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", script, nullptr);
    _exit(127);
  }
  close(ends[1]);
  char byte = 0;
  while (byte != '\n') IN_CHILD(read(ends[0], &byte, 1) == 1);
  close(ends[0]);
  return shell;
}

bool has_children() {
  siginfo_t child{};
  return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void expect_all_end(Descendants& descendants) {
  IN_CHILD(descendants.end_all(Clock::now() + kLong, kNotMine));
  IN_CHILD(!has_children());
}

TEST(Descendants, ThatLeaveTheirSessionAndTheirParentEnd) {
  expect_good_with_descendants([](Descendants& descendants) {
    start_shell(
        "for i in 1 2 3; do (setsid sh -c 'trap \"\" TERM HUP; setsid sleep 1000 & echo $!; "
        "sleep 1000' & ) ; done");
    expect_all_end(descendants);
  });
}

TEST(Descendants, ThatFleeByStartingOthersEnd) {
  expect_good_with_descendants([](Descendants& descendants) {
    start_shell("flee() { sleep 0.002; (flee &) ; }; (flee &) ; echo; sleep 1000");
    expect_all_end(descendants);
  });
}

TEST(Descendants, EndFromWithinTheSandbox) {
  expect_good_with_descendants([](Descendants& descendants) {
    start_shell("(setsid sleep 1000 &) ; echo");
    IN_CHILD(restrict_process({}));
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    expect_all_end(descendants);
  });
}

TEST(Descendants, AreReapedWhenTheyEnd) {
  expect_good_with_descendants([](Descendants& descendants) {
    pid_t shell = start_shell("for i in 1 2 3 4 5; do (sleep 0 &) ; done; echo");
    bool shell_ended = false;
    auto deadline = Clock::now() + kLong;
    while (has_children() && Clock::now() < deadline) {
      descendants.reap([&](pid_t pid) {
        shell_ended |= pid == shell;
        return false;
      });
    }
    IN_CHILD(!has_children());
    IN_CHILD(shell_ended);
  });
}

TEST(Descendants, ThatSomebodyElseReapsAreLeftToThem) {
  expect_good_with_descendants([](Descendants& descendants) {
    pid_t shell = start_shell("echo; exec sleep 1000");
    IN_CHILD(descendants.end_all(Clock::now() + kLong, [shell](pid_t pid) {
      return pid == shell && waitpid(shell, nullptr, 0) == shell;
    }));
    IN_CHILD(!has_children());
  });
}

TEST(Descendants, DoNotIncludeTheChildrenThatWereThereBefore) {
  expect_good([] {
    pid_t before = start_shell("echo; exec sleep 1000");
    auto descendants = Descendants::adopt();
    IN_CHILD(descendants);
    start_shell("echo; exec sleep 1000");
    IN_CHILD(descendants->end_all(Clock::now() + kLong, kNotMine));
    IN_CHILD(waitpid(before, nullptr, WNOHANG) == 0);
    kill(before, SIGKILL);
  });
}

}  // namespace
}  // namespace vm_control::vmhost
