// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_processes.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "vm_control/base/try.h"

namespace vm_control::vmhost {
namespace {

using Clock = Descendants::Clock;

constexpr std::chrono::seconds kGrace(2);
constexpr std::chrono::seconds kPatienceWithDescendants(1);
// How often the output of devices is relayed that were asked to end.
constexpr std::chrono::milliseconds kTick(10);
// How long an orphan that has ended may wait to be reaped.
constexpr std::chrono::seconds kReaping(1);

Result<void> check_user(const DeviceSpec& spec) {
  if (!spec.uid || geteuid() == 0) return {};
  return fail(EPERM, "start the device",
              spec.name + " as user " + std::to_string(*spec.uid) + " (only root can)");
}

}  // namespace

Result<DeviceProcesses> DeviceProcesses::start(std::span<const DeviceSpec> specs,
                                               const Device::Log& log) {
  DeviceProcesses processes;
  if (specs.empty()) return processes;
  for (const DeviceSpec& spec : specs) TRY(check_user(spec));
  processes.descendants_ = TRY(Descendants::adopt());
  for (const DeviceSpec& spec : specs) {
    processes.devices_.push_back(TRY(Device::start(spec, log)));
  }
  return processes;
}

DeviceProcesses::~DeviceProcesses() {
  if (devices_.empty()) return;
  reaping_ = {};
  for (auto& device : devices_) device->ask_to_end();
  relay_until_ended(Clock::now() + kGrace);
  for (auto& device : devices_) {
    device->process().kill();
    device->log_ending();
  }
  descendants_->end_all(Clock::now() + kPatienceWithDescendants,
                        [this](pid_t pid) { return on_ended(pid); });
  for (auto& device : devices_) device->relay_rest();
}

// A device may have much to say as it ends, and would wait for its reader.
void DeviceProcesses::relay_until_ended(Clock::time_point deadline) {
  for (auto& each : devices_) {
    while (!each->process().wait_until_ended(std::min(deadline, Clock::now() + kTick)) &&
           Clock::now() < deadline) {
      for (auto& device : devices_) device->relay();
    }
  }
}

Result<void> DeviceProcesses::serve(Server& server, EventLoop& loop) {
  for (auto& device : devices_) TRY(device->serve(server, loop));
  if (!devices_.empty()) reaping_ = loop.call_at(Clock::now() + kReaping, [this] { reap(); });
  return {};
}

void DeviceProcesses::reap() {
  bool more = descendants_->reap([this](pid_t pid) { return on_ended(pid); });
  reaping_.call_at(more ? Clock::now() : Clock::now() + kReaping);
}

bool DeviceProcesses::on_ended(pid_t pid) {
  auto is_it = [pid](const auto& device) { return device->process().pid() == pid; };
  auto device = std::ranges::find_if(devices_, is_it);
  if (device == devices_.end()) return false;
  (*device)->log_ending();
  return true;
}

}  // namespace vm_control::vmhost
