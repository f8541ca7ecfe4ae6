// SPDX-License-Identifier: BSD-3-Clause
// The device processes of a VM: started before its sandbox, served in it, and ended with the VM.
// One that ends before takes its memory, doorbells and interrupts along, and the VM goes on.
// Threads: the control thread only.
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

  // Starts them all; `log` hears of each start and each end.
  // Errors: as DeviceProcess::start() says; EMFILE, ENFILE.
  static Result<DeviceProcesses> start(std::span<const DeviceSpec> specs, const Log& log);

  // Asks those that still run to end, and kills those that have not after two seconds.
  ~DeviceProcesses();
  DeviceProcesses(DeviceProcesses&&) = default;
  DeviceProcesses& operator=(DeviceProcesses&&) = delete;

  // Serves what they ask for, each with an account of its own, and takes notice of their ends in
  // `loop`, which outlives this. Once. Errors: as Server::adopt() and EventLoop::watch() say.
  Result<void> serve(Server& server, EventLoop& loop);

 private:
  class Device final : public EventHandler {
   public:
    Device(DeviceProcess process, UniqueFd connection, const SocketPolicy& policy, const Log& log);

    Result<void> serve(Server& server, EventLoop& loop);
    void unwatch();
    void log_ending();
    void on_events(uint32_t events) override;

    DeviceProcess process;

   private:
    UniqueFd connection_;  // until it is the server's
    SocketPolicy policy_;
    Log log_;
    EventLoop* loop_ = nullptr;  // while it is watched
  };

  DeviceProcesses() = default;

  std::list<Device> devices_;
};

}  // namespace vm_control::vmhost
