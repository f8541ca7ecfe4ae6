// SPDX-License-Identifier: BSD-3-Clause
// Stands in for crosvm's 2018 server: answers the five classic requests, and silently drops others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "vm_control/base/event_fd.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

// Serves one client at a time. Memory that is registered gets slot 1 at page 0x80000.
class ClassicServer {
 public:
  explicit ClassicServer(const std::string& path);
  ~ClassicServer();

 private:
  void serve();
  void serve_client(int client);
  static std::optional<Response> answer(uint32_t type, uint32_t slot);
  // Waits for input. Returns false if the server is to stop.
  bool wait_for(int fd);

  BoundSocket socket_;
  EventFd stop_;
  std::thread thread_;
};

}  // namespace vm_control
