// SPDX-License-Identifier: BSD-3-Clause
#include "bench/one_cpu.h"

#include <sched.h>

#include <cstdio>

namespace vm_control::bench {

void stay_on_one_cpu() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<size_t>(sched_getcpu()), &cpus);
  if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0) std::perror("stay on one CPU");
}

}  // namespace vm_control::bench
