// SPDX-License-Identifier: BSD-3-Clause
// What the control plane adds to what the kernel takes: each figure next to its floors.
//
// A figure goes through the real client and the real server; a floor is the same work in bare
// system calls, without any of the library. The unit is one operation. What matters is the ratio
// of the two within one run, on one machine: tools/bench adds up the floors of each figure and
// knows the bars.
//
// How it is measured: the process stays on one CPU, so that every wake-up is a plain switch of
// threads, and what counts is the CPU time of all its threads. As one of them always runs, that is
// the time on the clock, but without what other processes took of it: on a quiet machine both agree
// within 1 %. (What KVM sleeps when it removes memory is in neither a figure nor its floors.)
// Each benchmark is repeated many times for some milliseconds, figures and floors in random order,
// and of the repetitions counts the one that a tenth stay below: other work still disturbs the
// caches, and only ever adds time, but the very fastest is a matter of luck.
#include <benchmark/benchmark.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bench/kvm_machine.h"
#include "bench/one_cpu.h"
#include "bench/ping_pong.h"
#include "bench/served_vm.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/resources/fake_virtual_machine.h"

namespace vm_control::bench {
namespace {

// ---- the classic round trip --------------------------------------------------------------------

void round_trip(benchmark::State& state) {
  FakeVirtualMachine vm;
  VmHost served(vm);
  for (auto _ : state) {
    if (!served.client().adjust_balloon(0)) return state.SkipWithError("the balloon is gone");
  }
}

void floor_round_trip(benchmark::State& state) {
  PingPong ping_pong(false);
  for (auto _ : state) ping_pong.exchange();
}

// ---- the same with a descriptor ----------------------------------------------------------------

// A registration of no bytes: the descriptor goes all the way, and the server refuses before it
// makes a system call for it.
void round_trip_with_fd(benchmark::State& state) {
  FakeVirtualMachine vm;
  VmHost served(vm);
  auto memory = SharedMemory::create("bench", kPageSize);
  Request request = request::RegisterMemory{MaybeOwnedFd::borrow(memory->fd()), 0};
  for (auto _ : state) {
    auto response = served.client().call(request);
    if (!response || !std::holds_alternative<response::Err>(*response)) {
      return state.SkipWithError("no bytes were registered");
    }
  }
}

void floor_round_trip_with_fd(benchmark::State& state) {
  PingPong ping_pong(true);
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) ping_pong.exchange(memory->fd());
}

// ---- register and unregister a page on KVM -----------------------------------------------------

void register_unregister(benchmark::State& state) {
  auto machine = KvmMachine::create();
  if (!machine) return state.SkipWithError(machine.error().message().c_str());
  VmHost served(*machine);
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) {
    auto registered = served.client().register_memory(memory->fd(), kPageSize);
    if (!registered || !served.client().unregister_memory(registered->slot)) {
      return state.SkipWithError("a page can't be registered");
    }
  }
}

// The part of the floor that is neither of the two round trips.
//
// The sum of the three is less than the same calls take in one program: each floor runs by itself,
// with its part of the kernel in the caches. Two bare threads that do all of it, measured, take
// 1.08 to 1.10 of the sum.
void floor_map_and_set_region(benchmark::State& state) {
  auto machine = KvmMachine::create();
  if (!machine) return state.SkipWithError(machine.error().message().c_str());
  int vm = machine->vm().fd();
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) {
    void* host = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd(), 0);
    kvm_userspace_memory_region region{.slot = 1,
                                       .flags = 0,
                                       .guest_phys_addr = 1ULL << 32,
                                       .memory_size = kPageSize,
                                       .userspace_addr = reinterpret_cast<uintptr_t>(host)};
    int added = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
    region.memory_size = 0;
    int removed = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
    munmap(host, kPageSize);
    if (added < 0 || removed < 0) return state.SkipWithError("KVM takes no page");
  }
}

// ------------------------------------------------------------------------------------------------

// The time that one repetition in ten stays below.
double tenth(const std::vector<double>& times) {
  std::vector<double> sorted = times;
  std::ranges::sort(sorted);
  return sorted[(sorted.size() - 1) / 10];
}

void measure(const char* name, void (*function)(benchmark::State&)) {
  benchmark::RegisterBenchmark(name, function)
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMicrosecond)
      ->ComputeStatistics("tenth", tenth);
}

}  // namespace
}  // namespace vm_control::bench

int main(int argc, char** argv) {
  using namespace vm_control::bench;
  stay_on_one_cpu();
  measure("round_trip", round_trip);
  measure("floor_round_trip", floor_round_trip);
  measure("round_trip_with_fd", round_trip_with_fd);
  measure("floor_round_trip_with_fd", floor_round_trip_with_fd);
  measure("register_unregister", register_unregister);
  measure("floor_map_and_set_region", floor_map_and_set_region);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
