// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;

Kind kind_of(const Error& transport_error) {
  return transport_error.code() == EAGAIN ? Kind::kTimedOut : Kind::kDisconnected;
}

// Receives the next response. Unless `takes_fd`, the kernel is asked for no descriptor.
CallResult<Response> receive_response(int socket, bool takes_fd, int flags) {
  // One byte more than a response has, to tell a message that is too long.
  std::array<std::byte, kResponseSize + 1> buffer;
  auto message =
      takes_fd ? receive_message(socket, buffer, flags) : receive_bytes(socket, buffer, flags);
  if (!message) return fail_call(kind_of(message.error()), message.error());
  if (message->size == 0) {
    return fail_call(Kind::kDisconnected, Error(ECONNRESET, "receive a response"));
  }
  if (message->fd_error) {
    return fail_call(Kind::kProtocol, Error(message->fd_error, "receive a response"));
  }
  auto bytes = std::span(buffer).first(std::min(message->size, buffer.size()));
  auto response = decode_response(bytes, std::move(message->fd));
  if (!response) return fail_call(Kind::kProtocol, response.error());
  return std::move(*response);
}

}  // namespace

Result<Client> Client::connect(const std::string& path, std::chrono::milliseconds deadline) {
  auto session = connect_socket(path, SocketType::kSeqpacket, deadline);
  if (session) return Client(std::move(*session), deadline);
  if (session.error().code() != EPROTOTYPE) return tl::unexpected(session.error());
  UniqueFd datagrams = TRY(connect_socket(path, SocketType::kDatagram, deadline));
  return Client(std::move(datagrams), deadline);
}

Result<Client> Client::adopt(UniqueFd socket, std::chrono::milliseconds deadline) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (!kind.connected) return fail(ENOTCONN, "adopt a socket");
  TRY(set_socket_deadline(socket.get(), deadline));
  return Client(std::move(socket), deadline);
}

CallResult<> Client::wait_until_closed() {
  auto kind = inspect_socket(socket_.get());
  if (!kind || kind->type == SocketType::kDatagram) return {};
  std::array<std::byte, kResponseSize> buffer;
  auto message = receive_message(socket_.get(), buffer, 0);
  if (!message && message.error().code() == EAGAIN) {
    return give_up(Kind::kTimedOut, message.error());
  }
  if (message && message->size > 0) {
    return give_up(Kind::kProtocol, Error(EPROTO, "receive a response without a request"));
  }
  socket_.reset();
  return {};
}

CallResult<Response> Client::call(const Request& request) {
  TRY(send(request));
  return receive(info_of(request).is_answered_with_fd);
}

CallResult<> Client::send(const Request& request) {
  if (!socket_) return fail_call(Kind::kDisconnected, Error(ENOTCONN, "send a request"));
  EncodedRequest encoded = encode(request);
  auto sent = send_message(socket_.get(), encoded.bytes, encoded.fd, 0);
  if (sent) return {};
  // The request's descriptor is invalid. Nothing was sent, so the connection can be kept.
  if (sent.error().code() == EBADF) return fail_call(Kind::kLocal, sent.error());
  return lose(CallError{kind_of(sent.error()), sent.error()});
}

CallResult<Response> Client::receive(bool takes_fd) {
  auto response = receive_response(socket_.get(), takes_fd, 0);
  if (!response) return lose(std::move(response).error());
  return response;
}

// A server that refuses a connection sends the reason and closes. If it left a request unread, the
// kernel reports the end first, but the reason can still be received.
tl::unexpected<CallError> Client::lose(CallError error) {
  if (error.kind == Kind::kDisconnected) {
    auto last = receive_response(socket_.get(), false, MSG_DONTWAIT);
    auto* reason = last ? std::get_if<response::Err>(&*last) : nullptr;
    if (reason) return give_up(Kind::kRefused, Error(reason->code, "use the connection"));
  }
  return give_up(error.kind, std::move(error.error));
}

tl::unexpected<CallError> Client::give_up(Kind kind, Error error) {
  socket_.reset();
  return fail_call(kind, std::move(error));
}

}  // namespace vm_control
