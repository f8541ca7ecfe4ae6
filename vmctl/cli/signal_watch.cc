// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/signal_watch.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

// The kernel hands a signal that is blocked to a signalfd even if it is ignored.
bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Result<SignalWatch> SignalWatch::create(EventLoop& loop, std::span<const int> signals,
                                        Function<void(int)> on_signal) {
  sigset_t watched;
  sigemptyset(&watched);
  for (int signal : signals) {
    if (!is_ignored(signal)) sigaddset(&watched, signal);
  }
  if (pthread_sigmask(SIG_BLOCK, &watched, nullptr) != 0) return fail(EINVAL, "block signals");
  UniqueFd fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno("create a signalfd");
  auto take = [source = fd.get(), on_signal = std::move(on_signal)](uint32_t) mutable {
    signalfd_siginfo info;
    if (read(source, &info, sizeof info) != sizeof info) return;
    on_signal(static_cast<int>(info.ssi_signo));
  };
  Watch watch = TRY(loop.watch(fd.get(), EPOLLIN, std::move(take)));
  return SignalWatch(std::move(fd), std::move(watch));
}

}  // namespace vm_control::vmctl
