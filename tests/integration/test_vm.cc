// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/test_vm.h"

#include <poll.h>

#include <csignal>
#include <iostream>
#include <utility>

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kPatience(30'000);

vmctl::ServedVm::Options options(const std::string& directory) {
  return {.sockets = {{directory + "/seqpacket", SocketType::kSeqpacket},
                      {directory + "/datagram", SocketType::kDatagram}},
          .ram_size = uint64_t{4} << 20,
          .serial = "unix:" + directory + "/serial",
          .gpu = "memfd",
          .device_memory_base = GuestAddress(kDeviceMemory),
          .log = [](std::string_view line) { std::cerr << line << "\n"; }};
}

// Leads the serial port to its socket, as vmctl does.
Result<void> start_console(EventLoop& loop, vmctl::ServedVm& vm) {
  auto send = [&vm](std::span<const std::byte> bytes) {
    return vm.machine().send_to_serial(bytes);
  };
  return vm.console().start(loop, {send, *vm.machine().serial_room().duplicate()});
}

}  // namespace

TestVm::TestVm() {
  std::signal(SIGPIPE, SIG_IGN);
  vm_ = vmctl::ServedVm::create(loop_, options(directory_.path())).value();
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

Client TestVm::connect(SocketType type) const {
  auto socket = connect_socket(path(to_string(type)), type, kPatience);
  return Client::adopt(std::move(socket).value(), kPatience).value();
}

Response TestVm::execute_locally(const Request& request) {
  vmm::KvmVirtualMachine adapter(machine(), [] {});
  SlotsBacking backing(adapter);
  DeviceMemory no_memory(machine().layout().device_memory(), Slot(0), 0, backing);
  AbsentBalloon no_balloon;
  Executor executor({.vm = adapter, .memory = no_memory, .balloon = no_balloon});
  return executor.execute(request);
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
