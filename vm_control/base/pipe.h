// SPDX-License-Identifier: BSD-3-Clause
// A pipe: pipe(7).
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

struct Pipe {
  // Both ends are close-on-exec. Errors: EMFILE, ENFILE.
  static Result<Pipe> create();

  UniqueFd reader;
  UniqueFd writer;
};

}  // namespace vm_control
