// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<Output> Output::create() {
  EventFd closing = TRY(EventFd::create());
  EventFd loss = TRY(EventFd::create());
  return Output(std::move(closing), std::make_unique<LostOutput>(std::move(loss)));
}

void Output::write(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty() && wait_until_ready(fd)) {
    // A pipe that polls as writable takes PIPE_BUF bytes without blocking.
    ssize_t written = ::write(fd, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF));
    if (written < 0 && errno != EAGAIN && errno != EINTR) return lost_->add(bytes.size(), errno);
    if (written > 0) bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

// A reader that has gone is no reason to wait: the write says so.
bool Output::wait_until_ready(int fd) const {
  pollfd entries[] = {{.fd = fd, .events = POLLOUT, .revents = 0},
                      {.fd = closing_.fd(), .events = POLLIN, .revents = 0}};
  while (poll(entries, 2, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return entries[1].revents == 0;
}

}  // namespace vm_control::vmm
