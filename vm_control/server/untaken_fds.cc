// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/untaken_fds.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "vm_control/base/try.h"

namespace vm_control {

Result<void> UntakenFds::add(int fd) {
  // Nothing but memory has a size: a socket has no end to seek to.
  auto bytes = std::max<off_t>(lseek(fd, 0, SEEK_END), 0);
  charges_.push_back(TRY(account_->charge(
      {.in_flight = 1, .descriptors = 1, .in_flight_bytes = static_cast<uint64_t>(bytes)})));
  return {};
}

void UntakenFds::update(int socket) {
  int untaken = 0;
  if (sent_ == 0 || (ioctl(socket, SIOCOUTQ, &untaken) == 0 && untaken > 0)) return;
  charges_.erase(charges_.begin(), charges_.begin() + static_cast<ptrdiff_t>(sent_));
  sent_ = 0;
}

}  // namespace vm_control
