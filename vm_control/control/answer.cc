// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/answer.h"

#include <utility>

namespace vm_control {

Response answer(Executor& executor, std::span<const std::byte> bytes, ReceivedMessage message) {
  if (message.size != kRequestSize) return response::Err{EMSGSIZE};
  if (message.fd_error) return response::Err{message.fd_error};
  auto request = decode_request(bytes, std::move(message.fd));
  if (!request) return response::Err{request.error().code()};
  return executor.execute(*request);
}

}  // namespace vm_control
