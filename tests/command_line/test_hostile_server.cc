// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_hostile_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

HostileServer::HostileServer(const std::string& path, Answer answer, SocketType type)
    : answer_(std::move(answer)),
      socket_(*BoundSocket::bind(path, type)),
      stop_(*EventFd::create()),
      thread_([this, type] { serve(type); }) {}

HostileServer::~HostileServer() {
  stop_.signal();
  thread_.join();
}

HostileServer::Answer HostileServer::after_hello(Answer answer) {
  return [answer = std::move(answer)](int client, const RequestFrame& request) {
    if (type_of(request) != response::Hello::kType) return answer(client, request);
    send_response(client, response::Hello{.version = 1});
  };
}

void HostileServer::serve(SocketType type) {
  if (type == SocketType::kDatagram) return serve_client(socket_.fd());
  while (wait_for(socket_.fd())) {
    auto client = accept_connection(socket_.fd());
    if (client) serve_client(client->get());
  }
}

void HostileServer::serve_client(int client) {
  RequestFrame frame{};
  while (wait_for(client)) {
    SocketAddress sender;
    auto message = receive_message(client, frame, MSG_DONTWAIT, &sender);
    if (!message || message->size != frame.size()) return;
    // A datagram socket sends to the client from now on.
    if (sender.is_autobound() || sender.is_path()) connect(client, sender.get(), sender.size());
    answer_(client, frame);
  }
}

bool HostileServer::wait_for(int fd) {
  pollfd entries[] = {{.fd = fd, .events = POLLIN, .revents = 0},
                      {.fd = stop_.fd(), .events = POLLIN, .revents = 0}};
  return poll(entries, 2, -1) > 0 && !entries[1].revents;
}

uint32_t type_of(const RequestFrame& request) {
  return load<uint32_t>(request, kTypeAt);
}

bool send_response(int client, const Response& response) {
  EncodedResponse encoded = encode(response);
  return send_message(client, encoded.bytes, encoded.fd, 0).has_value();
}

}  // namespace vm_control
