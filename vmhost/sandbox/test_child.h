// SPDX-License-Identifier: BSD-3-Clause
// Runs code in a child process, since a sandbox can't be left and may kill the process.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ostream>

namespace vm_control::vmhost {

// How a child ended, as waitpid() reports it.
struct Ending {
  int status;

  bool was_good() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  bool was_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
};

inline std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  if (WIFSIGNALED(ending.status)) return out << "died of signal " << WTERMSIG(ending.status);
  return out << "exited with " << WEXITSTATUS(ending.status);
}

// Ends the child if `condition` is false, and prints where.
#define IN_CHILD(condition)                                                               \
  if (!(condition)) {                                                                     \
    std::fprintf(stderr, "%s:%d: %s: errno %d\n", __FILE__, __LINE__, #condition, errno); \
    _exit(1);                                                                             \
  }                                                                                       \
  static_assert(true)

// Runs `body` in a child. An exception that leaves `body` ends the child as it would end a program.
template <class Body>
Ending in_child(Body body) {
  pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    [&]() noexcept { body(); }();
    _exit(0);
  }
  Ending ending{-1};
  EXPECT_EQ(waitpid(child, &ending.status, 0), child);
  return ending;
}

}  // namespace vm_control::vmhost
