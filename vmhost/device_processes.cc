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
    processes.devices_.push_back({.process = std::move(process),
                                  .connection = std::move(ours),
                                  .policy = spec.policy,
                                  .log = log,
                                  .ending = {}});
  }
  return processes;
}

DeviceProcesses::~DeviceProcesses() {
  for (Device& device : devices_) {
    device.ending = {};
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

Result<void> DeviceProcesses::Device::serve(Server& server, EventLoop& loop) {
  Credentials peer = Credentials::own();
  peer.pid = process.pid();
  TRY(server.adopt(std::move(connection), policy, peer));
  ending = TRY(loop.watch(process.ended_fd(), EPOLLIN, [this](uint32_t) {
    log_ending();
    ending = {};
  }));
  return {};
}

void DeviceProcesses::Device::log_ending() {
  auto how = process.take_ending();
  if (how) log("device " + process.name() + " ended: " + *how);
}

}  // namespace vm_control::vmhost
