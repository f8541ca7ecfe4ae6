// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_processes.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/model/credentials.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmhost {
namespace {

constexpr std::chrono::seconds kGrace(2);

}  // namespace

Result<DeviceProcesses> DeviceProcesses::start(std::span<const DeviceSpec> specs, const Log& log) {
  DeviceProcesses processes;
  for (const DeviceSpec& spec : specs) {
    auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
    DeviceProcess process = TRY(DeviceProcess::start(spec, theirs.get()));
    log("device " + spec.name + " started: pid " + std::to_string(process.pid()));
    processes.devices_.emplace_back(std::move(process), std::move(ours), spec.policy, log);
  }
  return processes;
}

DeviceProcesses::~DeviceProcesses() {
  for (Device& device : devices_) {
    device.unwatch();
    device.process.terminate();
  }
  auto deadline = DeviceProcess::Clock::now() + kGrace;
  for (Device& device : devices_) {
    if (!device.process.wait_until_ended(deadline)) device.process.kill();
    device.log_ending();
  }
}

Result<void> DeviceProcesses::serve(Server& server, EventLoop& loop) {
  for (Device& device : devices_) TRY(device.serve(server, loop));
  return {};
}

DeviceProcesses::Device::Device(DeviceProcess started, UniqueFd connection,
                                const SocketPolicy& policy, const Log& log)
    : process(std::move(started)), connection_(std::move(connection)), policy_(policy), log_(log) {}

Result<void> DeviceProcesses::Device::serve(Server& server, EventLoop& loop) {
  Credentials peer = Credentials::own();
  peer.pid = process.pid();
  TRY(server.adopt(std::move(connection_), policy_, peer));
  TRY(loop.watch(process.ended_fd(), EPOLLIN, *this));
  loop_ = &loop;
  return {};
}

void DeviceProcesses::Device::unwatch() {
  if (loop_) std::exchange(loop_, nullptr)->unwatch(process.ended_fd(), *this);
}

void DeviceProcesses::Device::log_ending() {
  auto ending = process.take_ending();
  if (ending) log_("device " + process.name() + " ended: " + *ending);
}

void DeviceProcesses::Device::on_events(uint32_t) {
  unwatch();
  log_ending();
}

}  // namespace vm_control::vmhost
