// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace vm_control::vmctl {

bool open_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    bool is_open = fcntl(fd, F_GETFD) >= 0;
    // The lowest number that is free is this one.
    if (!is_open && open("/dev/null", O_RDWR) != fd) return false;
  }
  return true;
}

}  // namespace vm_control::vmctl
