// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/timer_fd.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace vm_control {

Result<TimerFd> TimerFd::create() {
  UniqueFd fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd) return fail_errno("create a timerfd");
  return TimerFd(std::move(fd));
}

void TimerFd::arm(std::chrono::nanoseconds delay) {
  using std::chrono::seconds;
  // Zero would disarm the timer.
  delay = std::max(delay, std::chrono::nanoseconds(1));
  auto whole = std::chrono::duration_cast<seconds>(delay);
  itimerspec spec{};
  spec.it_value.tv_sec = whole.count();
  spec.it_value.tv_nsec = (delay - whole).count();
  timerfd_settime(fd_.get(), 0, &spec, nullptr);
}

void TimerFd::take() {
  uint64_t expiries = 0;
  static_cast<void>(!read(fd_.get(), &expiries, sizeof(expiries)));
}

}  // namespace vm_control
