// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/wait_readable.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace vm_control {

bool wait_readable(int fd, std::chrono::milliseconds deadline) {
  using std::chrono::ceil;
  using std::chrono::milliseconds;
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::clamp(deadline, milliseconds(0), milliseconds(INT_MAX));
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  for (;;) {
    auto left = std::max(ceil<milliseconds>(end - Clock::now()), milliseconds(0));
    int ready = poll(&entry, 1, static_cast<int>(left.count()));
    // A signal does not end the wait.
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace vm_control
