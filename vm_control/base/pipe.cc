// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/pipe.h"

#include <fcntl.h>
#include <unistd.h>

namespace vm_control {

Result<Pipe> Pipe::create() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail_errno("make a pipe");
  return Pipe{.reader = UniqueFd(ends[0]), .writer = UniqueFd(ends[1])};
}

}  // namespace vm_control
