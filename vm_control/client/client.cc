// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/client.h"

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

}  // namespace

Result<Client> Client::connect(const std::string& path, std::chrono::milliseconds deadline) {
  auto session = connect_socket(path, SocketType::kSeqpacket, deadline);
  if (session) return Client(std::move(*session));
  if (session.error().code() != EPROTOTYPE) return tl::unexpected(session.error());
  return Client(TRY(connect_socket(path, SocketType::kDatagram, deadline)));
}

Result<Client> Client::adopt(UniqueFd socket, std::chrono::milliseconds deadline) {
  SocketKind kind = TRY(inspect_socket(socket.get()));
  if (!kind.connected) return fail(ENOTCONN, "adopt a socket");
  TRY(set_socket_deadline(socket.get(), deadline));
  return Client(std::move(socket));
}

CallResult<> Client::exit() {
  TRY(call_for<response::Ok>(request::Exit{}));
  return {};
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
    return give_up(Kind::kProtocol, Error(EPROTO, "receive a response that nobody asked for"));
  }
  socket_.reset();
  return {};
}

CallResult<response::Memory> Client::register_memory(int fd, uint64_t size) {
  return call_for<response::Memory>(request::RegisterMemory{MaybeOwnedFd::borrow(fd), size});
}

CallResult<> Client::unregister_memory(Slot slot) {
  TRY(call_for<response::Ok>(request::UnregisterMemory{slot}));
  return {};
}

CallResult<> Client::adjust_balloon(int32_t num_pages) {
  TRY(call_for<response::Ok>(request::BalloonAdjust{num_pages}));
  return {};
}

CallResult<response::GpuMemory> Client::allocate_gpu_memory(uint32_t width, uint32_t height,
                                                            uint32_t format) {
  return call_for<response::GpuMemory>(
      request::AllocateAndRegisterGpuMemory{width, height, format});
}

CallResult<Response> Client::call(const Request& request) {
  if (!socket_) {
    return tl::unexpected(CallError{Kind::kDisconnected, Error(ENOTCONN, "send a request")});
  }
  auto encoded = encode(request);
  if (!encoded) return tl::unexpected(CallError{Kind::kLocal, encoded.error()});
  // No other response brings a descriptor.
  bool takes_fd = std::holds_alternative<request::AllocateAndRegisterGpuMemory>(request);
  return exchange(*encoded, takes_fd);
}

CallResult<Response> Client::exchange(const EncodedRequest& request, bool takes_fd) {
  auto sent = send_message(socket_.get(), request.bytes, request.fd, 0);
  if (!sent) {
    // Nothing was sent, so a descriptor that can't be is no reason to lose the connection.
    if (sent.error().code() == EBADF) return tl::unexpected(CallError{Kind::kLocal, sent.error()});
    return give_up(kind_of(sent.error()), sent.error());
  }

  // One byte more than a response, so that a longer one is seen to be longer.
  std::array<std::byte, kResponseSize + 1> buffer;
  auto message = takes_fd ? receive_message(socket_.get(), buffer, 0)
                          : receive_bytes(socket_.get(), buffer, 0);
  if (!message) return give_up(kind_of(message.error()), message.error());
  if (message->size == 0) {
    return give_up(Kind::kDisconnected, Error(ECONNRESET, "receive a response"));
  }
  if (message->fd_error) {
    return give_up(Kind::kProtocol, Error(message->fd_error, "receive a response"));
  }
  auto bytes = std::span(buffer).first(std::min(message->size, buffer.size()));
  auto response = decode_response(bytes, std::move(message->fd));
  if (!response) return give_up(Kind::kProtocol, response.error());
  return std::move(*response);
}

// The response that `request` is answered by when all is well.
template <class Expected>
CallResult<Expected> Client::call_for(const Request& request) {
  Response response = TRY(call(request));
  if (auto* expected = std::get_if<Expected>(&response)) return std::move(*expected);
  if (auto* err = std::get_if<response::Err>(&response)) {
    return tl::unexpected(CallError{Kind::kRefused, Error(err->code, "carry out a request")});
  }
  return give_up(Kind::kProtocol, Error(EPROTO, "receive the response to another request"));
}

tl::unexpected<CallError> Client::give_up(Kind kind, Error error) {
  socket_.reset();
  return tl::unexpected(CallError{kind, std::move(error)});
}

}  // namespace vm_control
