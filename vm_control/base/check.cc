// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace vm_control::internal {

void fail_check(const char* file, int line, const char* text) {
  std::fprintf(stderr, "%s:%d: broken rule: %s\n", file, line, text);
  std::abort();
}

}  // namespace vm_control::internal
