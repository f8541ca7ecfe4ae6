// SPDX-License-Identifier: BSD-3-Clause
// The device processes of a VM: they start before its sandbox, are served inside of it, and end
// with the VM. If a device process ends earlier, its memory, doorbells and interrupts go with its
// session, and the VM goes on.
// Threads: the main thread.
#pragma once

#include <functional>
#include <list>
#include <span>
#include <string_view>

#include "vm_control/base/event_loop.h"
#include "vm_control/server/server.h"
#include "vmhost/device_process.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

class DeviceProcesses {
 public:
  using Log = std::function<void(std::string_view)>;

  // Starts a process for each of `specs`. `log` gets a line for each start and each end.
  // Errors: as DeviceProcess::start() says; EMFILE, ENFILE.
  static Result<DeviceProcesses> start(std::span<const DeviceSpec> specs, const Log& log);

  // Asks the processes that still run to end, and kills those that have not ended after two
  // seconds.
  ~DeviceProcesses();
  DeviceProcesses(DeviceProcesses&&) = default;
  DeviceProcesses& operator=(DeviceProcesses&&) = delete;

  // Serves each process as a session with an account of its own, and logs its end, which it watches
  // for in `loop`. `server` and `loop` outlive this. Call it once.
  // Errors: as Server::adopt() and EventLoop::watch() say.
  Result<void> serve(Server& server, EventLoop& loop);

 private:
  struct Device {
    Result<void> serve(Server& server, EventLoop& loop);
    void log_ending();

    DeviceProcess process;
    UniqueFd connection;  // until the server has it
    SocketPolicy policy;
    Log log;
    Watch ending;
  };

  DeviceProcesses() = default;

  std::list<Device> devices_;  // a list: each watch refers to its device
};

}  // namespace vm_control::vmhost
