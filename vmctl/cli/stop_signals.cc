// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/stop_signals.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

}  // namespace

Result<StopSignals> StopSignals::create(EventLoop& loop, Function<void()> on_signal) {
  auto stop = [on_signal = std::move(on_signal)](int) mutable { on_signal(); };
  return StopSignals(TRY(SignalWatch::create(loop, kStopSignals, std::move(stop))));
}

bool StopSignals::wait_until_writable(int fd) const {
  pollfd entries[] = {{.fd = fd, .events = POLLOUT, .revents = 0},
                      {.fd = watch_.fd(), .events = POLLIN, .revents = 0}};
  while (poll(entries, 2, -1) < 0 && errno == EINTR) {
  }
  return entries[1].revents == 0;
}

void StopSignals::unblock() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : kStopSignals) sigaddset(&signals, signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace vm_control::vmctl
