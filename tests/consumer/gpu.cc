// SPDX-License-Identifier: BSD-3-Clause
// Links all of the component gpu. Whether the host has a GPU does not matter.
#include <cstdio>

#include "vm_control/gpu/gpu_allocators.h"

int main() {
  auto allocator = vm_control::create_gpu_allocator("gbm");
  std::printf("%s\n", allocator ? "gbm" : allocator.error().message().c_str());
  return 0;
}
