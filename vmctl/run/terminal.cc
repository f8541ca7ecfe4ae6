// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace vm_control::vmctl {
namespace {

// Signals that no handler catches, that have no effect by default, or that only stop the process.
constexpr std::array kHarmless = {SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
                                  SIGCHLD, SIGCONT, SIGURG,  SIGWINCH};

// A signal handler can reach only static variables.
int g_fd = -1;
termios g_saved;
sigset_t g_caught;

void restore() {
  if (g_fd >= 0 && is_foreground_terminal(g_fd)) tcsetattr(g_fd, TCSANOW, &g_saved);
}

// Puts the terminal back, then ends the process as the signal does by default.
void restore_and_die(int signal) {
  restore();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// Whether `signal` would end the process without running destructors. Those that are ignored stay
// so, and those with a handler are somebody's.
bool is_fatal(int signal) {
  if (std::ranges::find(kHarmless, signal) != kHarmless.end()) return false;
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

void catch_fatal_signals() {
  sigemptyset(&g_caught);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (!is_fatal(signal)) continue;
    std::signal(signal, restore_and_die);
    sigaddset(&g_caught, signal);
  }
}

void release_fatal_signals() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (sigismember(&g_caught, signal) == 1) std::signal(signal, SIG_DFL);
  }
}

}  // namespace

bool is_foreground_terminal(int fd) {
  // The sandbox does not let a process ask for its group.
  static const pid_t group = getpgrp();
  return tcgetpgrp(fd) == group;
}

Result<RawTerminal> RawTerminal::enter(int fd) {
  if (tcgetattr(fd, &g_saved) < 0) return fail_errno("read the state of the terminal");
  g_fd = fd;
  catch_fatal_signals();
  RawTerminal terminal;
  terminal.enter_again();
  return terminal;
}

RawTerminal::RawTerminal(RawTerminal&& other) noexcept
    : active_(std::exchange(other.active_, false)) {}

RawTerminal::~RawTerminal() {
  if (!active_) return;
  restore();
  g_fd = -1;
  release_fatal_signals();
}

void RawTerminal::enter_again() const {
  termios raw = g_saved;
  cfmakeraw(&raw);
  tcsetattr(g_fd, TCSANOW, &raw);
}

void RawTerminal::leave() const {
  restore();
}

}  // namespace vm_control::vmctl
