// SPDX-License-Identifier: BSD-3-Clause
// A client that sends any bytes with any descriptors, and looks only at what kind of answer comes.
#pragma once

#include <optional>
#include <vector>

#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {

// Sends without waiting. Returns whether the socket took the request.
bool send_request(int socket, const Request& request);

// Waits as long as the socket does. Returns nothing if the connection ended or that took too long.
std::optional<Response> receive_response(int socket);

// Sends to each peer until it takes no more, although the server had time to read.
void fill(const std::vector<UniqueFd>& peers);

// The errno of an Err; 0 for any other response, -1 for none.
int code_of(const std::optional<Response>& response);

}  // namespace vm_control
