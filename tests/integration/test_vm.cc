// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/test_vm.h"

#include <poll.h>

#include <csignal>
#include <iostream>
#include <limits>
#include <utility>

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kPatience(30'000);

// Leads the serial port to its socket, as vmctl does.
Result<void> start_console(EventLoop& loop, vmhost::VmHost& vm) {
  auto send = [&vm](std::span<const std::byte> bytes) { return vm.serial().receive(bytes); };
  return vm.console().connect(loop, {send, *vm.serial().input_room().duplicate()});
}

}  // namespace

TestVm::TestVm() {
  std::signal(SIGPIPE, SIG_IGN);
  vm_ = vmhost::VmHost::create(loop_, options()).value();
  EXPECT_TRUE(start_console(loop_, *vm_));
  monitor_.emplace(connect_socket(path("serial"), SocketType::kStream, kPatience).value());
  // Taken on before the guest starts: what it prints while nobody is connected is lost.
  loop_.run_once(-1);
  runner_ = std::thread([this] { reason_ = vm_->run(); });
  EXPECT_TRUE(monitor_->read_to_prompt().starts_with("vm_control monitor\n"));
}

TestVm::~TestVm() {
  if (vm_) vm_->stop();
  if (runner_.joinable()) runner_.join();
}

vmhost::VmHost::Options TestVm::options() {
  constexpr uint32_t kMany = std::numeric_limits<uint32_t>::max();
  // What KVM has no room for is refused by the machine, not by a quota.
  Quotas quotas;
  quotas.session.regions = quotas.user.regions = kMany;
  return {.sockets = {{path("seqpacket"), SocketType::kSeqpacket},
                      {path("datagram"), SocketType::kDatagram}},
          .ram_size = uint64_t{4} << 20,
          .serial = "unix:" + path("serial"),
          .gpu = "memfd",
          .device_memory_base = GuestAddress(kDeviceMemory),
          .quotas = quotas,
          .log = [this](std::string_view line) { log(line); }};
}

void TestVm::log(std::string_view line) {
  std::cerr << line << "\n";
  std::lock_guard lock(log_mutex_);
  (log_ += line) += "\n";
}

bool TestVm::has_logged(const std::string& text) {
  std::lock_guard lock(log_mutex_);
  return log_.find(text) != std::string::npos;
}

Client TestVm::connect(SocketType type) const {
  auto socket = connect_socket(path(to_string(type)), type, kPatience);
  return Client::adopt(std::move(socket).value(), kPatience).value();
}

Result<vmm::ExitReason> TestVm::wait() {
  pollfd stopped{.fd = machine().stopped_fd(), .events = POLLIN, .revents = 0};
  if (poll(&stopped, 1, static_cast<int>(kPatience.count())) != 1) {
    ADD_FAILURE() << "the machine does not stop";
    vm_->stop();
  }
  runner_.join();
  return *reason_;
}

}  // namespace vm_control
