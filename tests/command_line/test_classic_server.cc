// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_classic_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "vm_control/protocol/frame.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

uint32_t word_at(const RequestFrame& frame, size_t offset) {
  uint32_t word = 0;
  std::memcpy(&word, frame.data() + offset, sizeof(word));
  return word;
}

}  // namespace

ClassicServer::ClassicServer(const std::string& path)
    : socket_(*BoundSocket::bind(path, SocketType::kSeqpacket)),
      stop_(*EventFd::create()),
      thread_([this] { serve(); }) {}

ClassicServer::~ClassicServer() {
  stop_.signal();
  thread_.join();
}

void ClassicServer::serve() {
  while (wait_for(socket_.fd())) {
    auto client = accept_connection(socket_.fd());
    if (client) serve_client(client->get());
  }
}

void ClassicServer::serve_client(int client) {
  RequestFrame frame{};
  while (wait_for(client)) {
    auto message = receive_message(client, frame, MSG_DONTWAIT);
    if (!message || message->size != frame.size()) return;
    auto response = answer(word_at(frame, 0), word_at(frame, 4));
    if (!response) continue;
    EncodedResponse encoded = encode(*response);
    if (!send_message(client, encoded.bytes, encoded.fd, 0)) return;
  }
}

std::optional<Response> ClassicServer::answer(uint32_t type, uint32_t slot) {
  switch (type) {
    case 1:  // Exit
    case 4:  // BalloonAdjust
      return response::Ok{};
    case 2:  // RegisterMemory
      return response::Memory{PageFrameNumber(0x80000), Slot(1)};
    case 3:  // UnregisterMemory
      return slot == 1 ? Response(response::Ok{}) : Response(response::Err{ENOENT});
    case 5:  // AllocateAndRegisterGpuMemory
      return response::Err{ENODEV};
    default:
      return std::nullopt;
  }
}

bool ClassicServer::wait_for(int fd) {
  pollfd entries[] = {{.fd = fd, .events = POLLIN, .revents = 0},
                      {.fd = stop_.fd(), .events = POLLIN, .revents = 0}};
  return poll(entries, 2, -1) > 0 && !entries[1].revents;
}

}  // namespace vm_control
