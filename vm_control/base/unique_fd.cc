// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace vm_control {

void UniqueFd::close_it() {
  // Linux frees the descriptor even when close() fails, so there is nothing to retry.
  close(release());
}

Result<UniqueFd> UniqueFd::duplicate(int fd) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return fail_errno("duplicate a file descriptor");
  return copy;
}

}  // namespace vm_control
