// SPDX-License-Identifier: BSD-3-Clause
// Keeps a benchmark on one CPU.
#pragma once

namespace vm_control::bench {

// Pins this thread, and all that it starts from now on, to the CPU it runs on. Two threads that
// take turns then cost the same each time: waking one on another CPU, which on a virtualised host
// takes ten times as long as a whole round trip, depends on what that CPU happens to do.
void stay_on_one_cpu();

}  // namespace vm_control::bench
