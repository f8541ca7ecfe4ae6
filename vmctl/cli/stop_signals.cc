// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/stop_signals.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {

Result<std::unique_ptr<StopSignals>> StopSignals::watch(EventLoop& loop,
                                                        std::function<void()> on_signal) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return fail(EINVAL, "block signals");
  UniqueFd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno("create a signalfd");
  std::unique_ptr<StopSignals> watcher(new StopSignals(loop, std::move(fd), std::move(on_signal)));
  TRY(loop.watch(watcher->fd_.get(), EPOLLIN, *watcher));
  return watcher;
}

StopSignals::StopSignals(EventLoop& loop, UniqueFd fd, std::function<void()> on_signal)
    : loop_(loop), fd_(std::move(fd)), on_signal_(std::move(on_signal)) {}

StopSignals::~StopSignals() {
  loop_.unwatch(fd_.get(), *this);
}

void StopSignals::on_events(uint32_t) {
  signalfd_siginfo info;
  if (read(fd_.get(), &info, sizeof(info)) == sizeof(info)) on_signal_();
}

}  // namespace vm_control::vmctl
