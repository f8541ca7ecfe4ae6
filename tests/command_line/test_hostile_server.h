// SPDX-License-Identifier: BSD-3-Clause
// A server that answers with whatever a test says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "vm_control/base/event_fd.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/responses.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

// The memory that vmctl may take, in bytes, whatever a server does. Sanitizers take much of their
// own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr uint64_t kMaxMemory = UINT64_MAX;
#else
inline constexpr uint64_t kMaxMemory = 64 << 20;
#endif

// Serves one client at a time. At a datagram socket, that is whoever sends first.
class HostileServer {
 public:
  // Called for each request, on the server's thread. It sends what it likes to the socket `client`,
  // and returns when it can't send any more.
  using Answer = std::function<void(int client, const RequestFrame& request)>;

  HostileServer(const std::string& path, Answer answer, SocketType type = SocketType::kSeqpacket);
  // Waits until `answer` has returned.
  ~HostileServer();

  // Answers Hello as a server of the extended protocol does, and leaves other requests to `answer`.
  static Answer after_hello(Answer answer);

 private:
  void serve(SocketType type);
  void serve_client(int client);
  // Waits for input. Returns false if the server is to stop.
  bool wait_for(int fd);

  Answer answer_;
  BoundSocket socket_;
  EventFd stop_;
  std::thread thread_;
};

// The type of a request.
uint32_t type_of(const RequestFrame& request);

// Sends a response with the descriptor that it brings. Returns whether the client takes it.
bool send_response(int client, const Response& response);

}  // namespace vm_control
