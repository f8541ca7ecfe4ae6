// SPDX-License-Identifier: BSD-3-Clause
// Measures what the control plane adds to the time of the kernel: each figure next to its floors.
//
// A figure goes through the real client and the real server; a floor is the same work in bare
// system calls, without any of the library. The unit is one operation. The result is the ratio of
// the two within one run on one machine: tools/bench adds up the floors of each figure and knows
// the bars.
//
// How it is measured: the process stays on one CPU, so that every wake-up is a plain switch of
// threads, and the figure is the CPU time of all its threads. One of them always runs, so that this
// is the time on the clock without the time that other processes took: on a quiet machine both
// agree within 1 %. (The time that KVM sleeps when it removes memory is in neither a figure nor its
// floors.) Each benchmark is repeated many times for some milliseconds, figures and floors in
// random order. The repetition that a tenth of them stay below counts: other work disturbs the
// caches and only ever adds time, but the very fastest repetition is a matter of luck.
#include <benchmark/benchmark.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bench/bare_window.h"
#include "bench/fake_host.h"
#include "bench/must.h"
#include "bench/one_cpu.h"
#include "bench/ping_pong.h"
#include "bench/server_thread.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vmhost/vm_host.h"

namespace vm_control::bench {
namespace {

// ---- the classic round trip --------------------------------------------------------------------

void round_trip(benchmark::State& state) {
  FakeHost host;
  for (auto _ : state) {
    if (!host.client().adjust_balloon(0)) return state.SkipWithError("the balloon is gone");
  }
}

void floor_round_trip(benchmark::State& state) {
  PingPong ping_pong(false);
  for (auto _ : state) ping_pong.exchange();
}

// ---- the same with a descriptor ----------------------------------------------------------------

// Registers no bytes: the descriptor goes all the way to the server, which refuses the request
// before it makes a system call for it.
void round_trip_with_fd(benchmark::State& state) {
  FakeHost host;
  auto memory = SharedMemory::create("bench", kPageSize);
  Request request = request::RegisterMemory{MaybeOwnedFd::borrow(memory->fd()), 0};
  for (auto _ : state) {
    auto response = host.client().call(request);
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

// A real machine, whose guest never runs.
Result<std::unique_ptr<vmhost::VmHost>> create_host(EventLoop& loop, bool has_window) {
  return vmhost::VmHost::create(loop, {.ram_size = 16 << 20, .has_window = has_window});
}

void register_and_unregister(benchmark::State& state, bool has_window) {
  EventLoop loop = must(EventLoop::create());
  auto host = create_host(loop, has_window);
  if (!host) return state.SkipWithError(host.error().message().c_str());
  ServerThread served(loop, (*host)->server());
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) {
    auto registered = served.client().register_memory(memory->fd(), kPageSize);
    if (!registered || !served.client().unregister_memory(registered->slot)) {
      return state.SkipWithError("a page can't be registered");
    }
  }
}

void register_unregister(benchmark::State& state) {
  register_and_unregister(state, true);
}

void register_unregister_slot(benchmark::State& state) {
  register_and_unregister(state, false);
}

// The parts of the floors that are neither of the two round trips.
//
// The three floors of a figure add up to less than the same calls take in one program: each floor
// runs by itself, with its part of the kernel in the caches. Two bare threads that do all of it
// with a slot were measured to take 1.08 to 1.10 of the sum.
void floor_map_in_window(benchmark::State& state) {
  EventLoop loop = must(EventLoop::create());
  auto host = create_host(loop, false);
  if (!host) return state.SkipWithError(host.error().message().c_str());
  vmm::Machine& machine = (*host)->machine();
  auto window = BareWindow::create(machine.vm().fd(), machine.first_device_slot().value(),
                                   machine.layout().window());
  if (!window) return state.SkipWithError(window.error().message().c_str());
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) {
    if (!window->map(memory->fd()) || !window->unmap()) {
      return state.SkipWithError("the window takes no page");
    }
  }
}

void floor_map_and_set_region(benchmark::State& state) {
  EventLoop loop = must(EventLoop::create());
  auto host = create_host(loop, false);
  if (!host) return state.SkipWithError(host.error().message().c_str());
  vmm::Machine& machine = (*host)->machine();
  int vm = machine.vm().fd();
  auto memory = SharedMemory::create("bench", kPageSize);
  for (auto _ : state) {
    void* page = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd(), 0);
    kvm_userspace_memory_region region{.slot = machine.first_device_slot().value(),
                                       .flags = 0,
                                       .guest_phys_addr = machine.layout().window().start().value(),
                                       .memory_size = kPageSize,
                                       .userspace_addr = reinterpret_cast<uintptr_t>(page)};
    int added = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
    region.memory_size = 0;
    int removed = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
    munmap(page, kPageSize);
    if (added < 0 || removed < 0) return state.SkipWithError("KVM takes no page");
  }
}

// ------------------------------------------------------------------------------------------------

// Returns the time that one repetition in ten stays below.
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
  measure("floor_map_in_window", floor_map_in_window);
  measure("register_unregister_slot", register_unregister_slot);
  measure("floor_map_and_set_region", floor_map_and_set_region);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
