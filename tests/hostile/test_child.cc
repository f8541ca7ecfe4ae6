// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hostile/test_child.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace vm_control {

TestChild::TestChild(const std::function<void()>& run) : pid_(fork()) {
  if (pid_ != 0) return;
  die_with_owner();
  run();
  _exit(0);
}

void TestChild::die_with_owner() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

TestChild TestChild::at_low_priority(const std::function<void()>& work) {
  return TestChild([&work] {
    setpriority(PRIO_PROCESS, 0, 19);
    for (;;) work();
  });
}

void TestChild::kill_and_wait() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  waitpid(std::exchange(pid_, -1), nullptr, 0);
}

bool TestChild::wait() {
  int status = -1;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace vm_control
