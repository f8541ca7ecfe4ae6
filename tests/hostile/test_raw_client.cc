// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hostile/test_raw_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "vm_control/protocol/frame.h"
#include "vm_control/transport/message.h"

namespace vm_control {

bool send_request(int socket, const Request& request) {
  EncodedRequest encoded = encode(request);
  return send_message(socket, encoded.bytes, encoded.fd, MSG_DONTWAIT).has_value();
}

std::optional<Response> receive_response(int socket) {
  ResponseFrame frame;
  auto message = receive_message(socket, frame, 0);
  if (!message || message->size != frame.size()) return std::nullopt;
  auto response = decode_response(frame, std::move(message->fd));
  if (!response) return std::nullopt;
  return std::move(*response);
}

void fill(const std::vector<UniqueFd>& peers) {
  constexpr int kIdleRounds = 3;
  for (int idle = 0; idle < kIdleRounds; ++idle) {
    for (const UniqueFd& peer : peers) {
      while (send_request(peer.get(), request::Status{})) idle = 0;
    }
    usleep(50'000);
  }
}

int code_of(const std::optional<Response>& response) {
  if (!response) return -1;
  auto* err = std::get_if<response::Err>(&*response);
  return err ? err->code : 0;
}

}  // namespace vm_control
