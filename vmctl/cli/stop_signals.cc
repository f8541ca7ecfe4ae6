// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/stop_signals.h"

#include <array>
#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

// SIGXCPU comes a while before the end of the processor time that the process may have.
constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};

}  // namespace

Result<StopSignals> StopSignals::create(EventLoop& loop, Function<void()> on_signal) {
  auto stop = [on_signal = std::move(on_signal)](int) mutable { on_signal(); };
  return StopSignals(TRY(SignalWatch::create(loop, kStopSignals, std::move(stop))));
}

void StopSignals::unblock() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : kStopSignals) sigaddset(&signals, signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace vm_control::vmctl
