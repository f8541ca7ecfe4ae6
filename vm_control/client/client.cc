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

bool carries_fd(const Response& response) {
  return std::visit([]<class Each>(const Each&) { return CarriesDescriptor<Each>; }, response);
}

// Receives the next response. All descriptors that came with it are this process's to close.
CallResult<Response> receive_response(int socket, int flags) {
  constexpr const char* kAction = "receive a response";
  // One byte more than a response has, to tell a message that is too long.
  std::array<std::byte, kResponseSize + 1> buffer;
  auto message = receive_message(socket, buffer, flags);
  if (!message) return fail_call(kind_of(message.error()), message.error());
  if (message->size == 0) return fail_call(Kind::kDisconnected, Error(ECONNRESET, kAction));
  if (message->fd_error) return fail_call(Kind::kProtocol, Error(message->fd_error, kAction));
  bool has_fd = static_cast<bool>(message->fd);
  auto bytes = std::span(buffer).first(std::min(message->size, buffer.size()));
  auto response = decode_response(bytes, std::move(message->fd));
  if (!response) return fail_call(Kind::kProtocol, response.error());
  if (has_fd && !carries_fd(*response)) return fail_call(Kind::kProtocol, Error(EPROTO, kAction));
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

void Client::finish_by(Clock::time_point end) {
  end_ = end;
  if (end != Clock::time_point::max()) return;
  ignore(set_socket_deadline(socket_.get(), deadline_), "without a socket there are no more calls");
}

std::chrono::milliseconds Client::time_left(std::chrono::milliseconds limit) const {
  if (end_ == Clock::time_point::max()) return limit;
  return std::min(limit, std::chrono::floor<std::chrono::milliseconds>(end_ - Clock::now()));
}

// The next wait takes as long as is left until the end of all calls.
CallResult<> Client::limit_wait() {
  constexpr const char* kAction = "wait for the VM";
  if (end_ == Clock::time_point::max()) return {};
  std::chrono::milliseconds left = time_left(deadline_);
  if (left.count() <= 0) return give_up(Kind::kTimedOut, Error(EAGAIN, kAction));
  auto limited = set_socket_deadline(socket_.get(), left);
  if (!limited) return give_up(Kind::kDisconnected, limited.error());
  return {};
}

CallResult<> Client::wait_until_closed() {
  auto kind = inspect_socket(socket_.get());
  if (!kind || kind->type == SocketType::kDatagram) return {};
  TRY(limit_wait());
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
  return receive();
}

CallResult<> Client::send(const Request& request) {
  if (!socket_) return fail_call(Kind::kDisconnected, Error(ENOTCONN, "send a request"));
  TRY(limit_wait());
  EncodedRequest encoded = encode(request);
  auto sent = send_message(socket_.get(), encoded.bytes, encoded.fd, 0);
  if (sent) return {};
  // The request's descriptor is invalid. Nothing was sent, so the connection can be kept.
  if (sent.error().code() == EBADF) return fail_call(Kind::kLocal, sent.error());
  return lose(CallError{kind_of(sent.error()), sent.error()});
}

CallResult<Response> Client::receive() {
  TRY(limit_wait());
  auto response = receive_response(socket_.get(), 0);
  if (!response) return lose(std::move(response).error());
  return response;
}

// A server that refuses a connection sends the reason and closes. If it left a request unread, the
// kernel reports the end first, but the reason can still be received.
tl::unexpected<CallError> Client::lose(CallError error) {
  if (error.kind == Kind::kDisconnected) {
    auto last = receive_response(socket_.get(), MSG_DONTWAIT);
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
