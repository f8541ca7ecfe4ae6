// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {

Result<StopSignals> StopSignals::create(EventLoop& loop, Function<void()> on_signal) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return fail(EINVAL, "block signals");
  UniqueFd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno("create a signalfd");
  auto take = [source = fd.get(), on_signal = std::move(on_signal)](uint32_t) mutable {
    signalfd_siginfo info;
    if (read(source, &info, sizeof(info)) == sizeof(info)) on_signal();
  };
  Watch watch = TRY(loop.watch(fd.get(), EPOLLIN, std::move(take)));
  return StopSignals(std::move(fd), std::move(watch));
}

}  // namespace vm_control::vmctl
