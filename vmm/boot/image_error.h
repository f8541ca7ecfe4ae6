// SPDX-License-Identifier: BSD-3-Clause
// Tells what is wrong with a kernel's file, as an Error.
#pragma once

#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmm {

// detail  goes on after "the kernel", such as "is truncated".
inline tl::unexpected<Error> bad_kernel(const std::string& detail, int code = ENOEXEC) {
  return fail(code, "load the kernel", "(it " + detail + ")");
}

}  // namespace vm_control::vmm
