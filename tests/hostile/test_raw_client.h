// SPDX-License-Identifier: BSD-3-Clause
// Sends any bytes with any descriptors, and looks only at what kind of answer comes.
#pragma once

#include <unistd.h>

#include <optional>
#include <vector>

#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {

// Without waiting. Returns whether it was taken.
inline bool send_request(int socket, const Request& request) {
  EncodedRequest encoded = encode(request);
  return send_message(socket, encoded.bytes, encoded.fd, MSG_DONTWAIT).has_value();
}

// Waits as long as the socket does. Nothing if the connection ended or that took too long.
inline std::optional<Response> receive_response(int socket) {
  ResponseFrame frame;
  auto message = receive_message(socket, frame, 0);
  if (!message || message->size != frame.size()) return std::nullopt;
  auto response = decode_response(frame, std::move(message->fd));
  if (!response) return std::nullopt;
  return std::move(*response);
}

// Sends to each until it takes no more, although the server had time to read.
inline void fill(const std::vector<UniqueFd>& peers) {
  constexpr int kIdleRounds = 3;
  for (int idle = 0; idle < kIdleRounds; ++idle) {
    for (const UniqueFd& peer : peers) {
      while (send_request(peer.get(), request::Status{})) idle = 0;
    }
    usleep(50'000);
  }
}

// The errno of an Err; 0 for any other response, -1 for none.
inline int code_of(const std::optional<Response>& response) {
  if (!response) return -1;
  auto* err = std::get_if<response::Err>(&*response);
  return err ? err->code : 0;
}

}  // namespace vm_control
