// SPDX-License-Identifier: BSD-3-Clause
// The device processes of a VM: they start before its sandbox, are served inside of it, and end
// with the VM. If a device process ends earlier, its memory, doorbells and interrupts go with its
// session, and the VM goes on.
//
// They end with all processes that stem from them, also those that left their session: while this
// lives, the process is the parent of its orphans (see descendants.h), and every child that it gets
// meanwhile ends with this.
// Threads: the main thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/server/server.h"
#include "vmhost/descendants.h"
#include "vmhost/device.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

class DeviceProcesses {
 public:
  // Starts a process for each of `specs`, or none. `log` gets a line for each start and each end.
  // Errors: EPERM (only root can run a process as another user); as Device::start() and
  // Descendants::adopt() say.
  static Result<DeviceProcesses> start(std::span<const DeviceSpec> specs, const Device::Log& log);

  // Asks the processes that still run to end, kills those that have not ended after two seconds,
  // and then, for at most a second, all that stem from them.
  ~DeviceProcesses();
  DeviceProcesses(DeviceProcesses&&) = default;
  DeviceProcesses& operator=(DeviceProcesses&&) = delete;

  // Serves each process in `loop`, as Device::serve() says, and reaps what they leave behind. Call
  // it once; this does not move then.
  Result<void> serve(Server& server, EventLoop& loop);

 private:
  DeviceProcesses() = default;

  void relay_until_ended(Descendants::Clock::time_point deadline);
  void reap();
  // Returns whether `pid` is a device.
  bool on_ended(pid_t pid);

  std::optional<Descendants> descendants_;  // none if there are no devices
  std::vector<std::unique_ptr<Device>> devices_;
  Timer reaping_;
};

}  // namespace vm_control::vmhost
