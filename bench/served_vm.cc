// SPDX-License-Identifier: BSD-3-Clause
#include "bench/served_vm.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "vm_control/transport/socket.h"

namespace vm_control::bench {
namespace {

constexpr uint64_t kWindowStart = 1ULL << 32;
constexpr uint64_t kWindowSize = 1ULL << 30;
constexpr uint32_t kSlots = 500;  // fewer than any KVM has

// Nothing that fails here fails in a benchmark that could still say something.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::cerr << result.error().message() << "\n";
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

Result<void> VmHost::Target::adjust(int32_t num_pages) {
  target.adjust(num_pages);
  return {};
}

VmHost::VmHost(VirtualMachine& vm)
    : loop_(must(EventLoop::create())),
      mapper_(vm),
      memory_(must(GuestRange::create(GuestAddress(kWindowStart), kWindowSize)), Slot(1), kSlots,
              mapper_, must(MountTable::create())),
      executor_({.vm = vm, .memory = memory_, .balloon = balloon_}),
      server_(must(Server::create(loop_, executor_, {}))) {
  auto [served, used] = must(make_socket_pair(SocketType::kSeqpacket));
  must(server_->adopt(std::move(served)));
  client_ = std::make_unique<Client>(must(Client::adopt(std::move(used))));
  thread_ = std::thread([this] { loop_.run(); });
}

VmHost::~VmHost() {
  loop_.stop();
  thread_.join();
}

}  // namespace vm_control::bench
