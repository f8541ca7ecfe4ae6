// SPDX-License-Identifier: BSD-3-Clause
// A device process that the VM serves, and whose output it relays to its log.
// Threads: the main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vm_control/base/event_loop.h"
#include "vm_control/server/server.h"
#include "vmhost/device_output.h"
#include "vmhost/device_process.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

class Device {
 public:
  using Log = std::function<void(std::string_view)>;

  // Starts a process. Errors: as DeviceProcess::start() says; EMFILE, ENFILE.
  static Result<std::unique_ptr<Device>> start(const DeviceSpec& spec, Log log);

  // Serves the process as a session with an account of its own, and logs what it writes and how it
  // ends, which it watches for in `loop`. From then on the log is that of `server`. Both outlive
  // this. Call it once. Errors: as Server::adopt() and EventLoop::watch() say.
  Result<void> serve(Server& server, EventLoop& loop);

  // Asks the process to end; the loop is no longer needed.
  void ask_to_end();

  // Logs some of what the process has written meanwhile.
  void relay();

  // Logs the rest of it. Call it when nothing more is expected.
  void relay_rest();

  // Logs the end of the process, if it has ended, after what it wrote before.
  void log_ending();

  DeviceProcess& process() { return process_; }

 private:
  Device(const DeviceSpec& spec, DeviceProcess process, UniqueFd connection, DeviceOutput output,
         Log log);

  void on_output();
  void relay(size_t limit);
  void log_line(const std::string& line);

  SocketPolicy policy_;
  Credentials credentials_;
  DeviceProcess process_;
  UniqueFd connection_;  // until the server has it
  DeviceOutput output_;
  Log log_;
  Watch ending_;
  Watch reading_;
  Timer rest_;
};

}  // namespace vm_control::vmhost
