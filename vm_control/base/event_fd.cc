// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_fd.h"

#include <sys/eventfd.h>

#include "vm_control/base/try.h"

namespace vm_control {

Result<EventFd> EventFd::create() {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_errno("create an eventfd");
  return EventFd(std::move(fd));
}

Result<EventFd> EventFd::duplicate() const {
  return EventFd(TRY(UniqueFd::duplicate(fd())));
}

void EventFd::signal() {
  // Fails only where the counter is full, which is a signal all the same.
  static_cast<void>(eventfd_write(fd_.get(), 1));
}

uint64_t EventFd::take() {
  eventfd_t count = 0;
  return eventfd_read(fd_.get(), &count) == 0 ? count : 0;
}

}  // namespace vm_control
