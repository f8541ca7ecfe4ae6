// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace vm_control::vmctl {
namespace {

// Signals that end the process without running destructors. vmctl run waits for SIGINT, SIGTERM and
// SIGHUP in its loop.
constexpr std::array kFatalSignals = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGSYS};

// A signal handler can reach only static variables.
int g_fd = -1;
termios g_saved;
std::array<struct sigaction, kFatalSignals.size()> g_previous;

void restore() {
  if (g_fd >= 0) tcsetattr(g_fd, TCSANOW, &g_saved);
}

// Puts the terminal back, then raises the signal again with its former handler.
void restore_and_die(int signal) {
  restore();
  for (size_t i = 0; i < kFatalSignals.size(); ++i) {
    if (kFatalSignals[i] == signal) sigaction(signal, &g_previous[i], nullptr);
  }
  raise(signal);
}

void catch_fatal_signals() {
  struct sigaction action {};
  action.sa_handler = restore_and_die;
  for (size_t i = 0; i < kFatalSignals.size(); ++i) {
    sigaction(kFatalSignals[i], &action, &g_previous[i]);
  }
}

}  // namespace

bool is_foreground_terminal(int fd) {
  return isatty(fd) && tcgetpgrp(fd) == getpgrp();
}

Result<RawTerminal> RawTerminal::enter(int fd) {
  if (tcgetattr(fd, &g_saved) < 0) return fail_errno("read the state of the terminal");
  termios raw = g_saved;
  cfmakeraw(&raw);
  g_fd = fd;
  catch_fatal_signals();
  if (tcsetattr(fd, TCSANOW, &raw) < 0) return fail_errno("put the terminal into raw mode");
  return RawTerminal();
}

RawTerminal::RawTerminal(RawTerminal&& other) noexcept
    : active_(std::exchange(other.active_, false)) {}

RawTerminal::~RawTerminal() {
  if (!active_) return;
  restore();
  g_fd = -1;
  for (size_t i = 0; i < kFatalSignals.size(); ++i) {
    sigaction(kFatalSignals[i], &g_previous[i], nullptr);
  }
}

}  // namespace vm_control::vmctl
