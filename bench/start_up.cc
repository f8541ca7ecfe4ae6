// SPDX-License-Identifier: BSD-3-Clause
// Measures how a VMM starts: the CPU time of all its threads from exec(2) to the first instruction
// of its guest, and the memory that it has beyond its guest's then.
//
// usage: start_up RUNS PROGRAM [ARGS...]
//
// prints a line for each of RUNS: the nanoseconds until the first vCPU enters KVM_RUN; those until
// all other threads have done what they do at the start, too; and the bytes that are resident by
// then, in all, by their share of what is shared, and unshared. tools/bench makes the table.
//
// The VMM stays on one CPU, with this process, as in control_bench.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "bench/one_cpu.h"
#include "bench/vmm_process.h"
#include "vm_control/base/try.h"

namespace vm_control::bench {
namespace {

Result<void> measure_start(const std::vector<std::string>& command) {
  VmmProcess vmm = TRY(VmmProcess::start(command));
  TRY(vmm.wait_for_guest());
  auto first = TRY(vmm.cpu_time());
  TRY(vmm.wait_for_rest());
  auto rest = TRY(vmm.cpu_time());
  MemoryUsage memory = TRY(vmm.memory());
  std::printf("%lld %lld %llu %llu %llu\n", static_cast<long long>(first.count()),
              static_cast<long long>(rest.count()),
              static_cast<unsigned long long>(memory.resident),
              static_cast<unsigned long long>(memory.proportional),
              static_cast<unsigned long long>(memory.unshared));
  return {};
}

int main_of_start_up(const std::vector<std::string>& arguments) {
  uint32_t runs = 0;
  if (arguments.size() >= 2) {
    const std::string& text = arguments.front();
    std::from_chars(text.data(), text.data() + text.size(), runs);
  }
  if (runs == 0) {
    std::fprintf(stderr, "usage: start_up RUNS PROGRAM [ARGS...]\n");
    return 2;
  }
  stay_on_one_cpu();
  for (uint32_t i = 0; i < runs; ++i) {
    auto measured = measure_start({arguments.begin() + 1, arguments.end()});
    if (measured) continue;
    std::fprintf(stderr, "start_up: cannot %s\n", measured.error().message().c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace vm_control::bench

int main(int argc, char** argv) {
  return vm_control::bench::main_of_start_up({argv + 1, argv + argc});
}
