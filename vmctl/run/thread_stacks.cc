// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/thread_stacks.h"

#include <pthread.h>

#include <cstddef>

namespace vm_control::vmctl {

void use_small_stacks() {
  constexpr size_t kStackSize = 1 << 20;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

}  // namespace vm_control::vmctl
