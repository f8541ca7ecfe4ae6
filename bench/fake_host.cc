// SPDX-License-Identifier: BSD-3-Clause
#include "bench/fake_host.h"

#include "bench/must.h"

namespace vm_control::bench {
namespace {

constexpr uint64_t kWindowStart = 1ULL << 32;
constexpr uint64_t kWindowSize = 1ULL << 30;
constexpr uint32_t kSlots = 500;

}  // namespace

FakeHost::FakeHost()
    : loop_(must(EventLoop::create())),
      mapper_(vm_),
      memory_(
          {.window = {must(GuestRange::create(GuestAddress(kWindowStart), kWindowSize)), mapper_}},
          Slot(1), kSlots, must(MountTable::create())),
      executor_({.vm = vm_, .memory = memory_, .balloon = balloon_}),
      server_(must(Server::create(loop_, executor_, {}))),
      thread_(loop_, *server_) {}

}  // namespace vm_control::bench
