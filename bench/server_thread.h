// SPDX-License-Identifier: BSD-3-Clause
// A server that runs in a thread of its own, and a client with a connection to it.
#pragma once

#include <thread>

#include "vm_control/base/event_loop.h"
#include "vm_control/client/client.h"
#include "vm_control/server/server.h"

namespace vm_control::bench {

class ServerThread {
 public:
  // Runs `loop`, in which `server` serves; both outlive this.
  ServerThread(EventLoop& loop, Server& server);
  ~ServerThread();
  ServerThread(const ServerThread&) = delete;
  ServerThread& operator=(const ServerThread&) = delete;

  Client& client() { return client_; }

 private:
  EventLoop& loop_;
  Client client_;
  std::thread thread_;
};

}  // namespace vm_control::bench
