// SPDX-License-Identifier: BSD-3-Clause
// Keeps a benchmark on one CPU.
#pragma once

namespace vm_control::bench {

// Pins this thread, and those that it starts later, to the CPU that it runs on. Then two threads
// that take turns cost the same each time. To wake a thread on another CPU takes a varying time, on
// a virtualised host ten times that of a whole round trip.
void stay_on_one_cpu();

}  // namespace vm_control::bench
