// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/datagram_endpoint.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/server/receive_request.h"
#include "vm_control/transport/message.h"

namespace vm_control {

Result<std::unique_ptr<DatagramEndpoint>> DatagramEndpoint::create(BoundSocket socket,
                                                                   EventLoop& loop,
                                                                   Dispatcher& dispatcher,
                                                                   std::shared_ptr<Account> account,
                                                                   CallerOf caller_of) {
  std::unique_ptr<DatagramEndpoint> endpoint(new DatagramEndpoint(
      std::move(socket), dispatcher, std::move(account), std::move(caller_of)));
  endpoint->watch_ =
      TRY(loop.watch(endpoint->socket_.fd(), EPOLLIN,
                     [raw = endpoint.get()](uint32_t) { raw->serve_one_request(); }));
  return endpoint;
}

DatagramEndpoint::DatagramEndpoint(BoundSocket socket, Dispatcher& dispatcher,
                                   std::shared_ptr<Account> account, CallerOf caller_of)
    : socket_(std::move(socket)),
      dispatcher_(dispatcher),
      account_(std::move(account)),
      caller_of_(std::move(caller_of)) {}

DatagramEndpoint::~DatagramEndpoint() {
  dispatcher_.forget(*this);
}

void DatagramEndpoint::serve_one_request() {
  RequestBuffer buffer;
  Charge room = charge_message_fds(*account_);
  auto message = receive_message(socket_.fd(), buffer, MSG_DONTWAIT, &sender_, max_fds(room));
  if (!message || !message->sender) return;
  if (message->extra_fds.empty()) room = Charge();
  // It could be the reply of another VM, or of this one: two that answer each other never end.
  if (message->size == kResponseSize) return;
  may_reply_ = may_reply_to(*message->sender);
  Caller caller = caller_of_(*message->sender);
  Dispatcher::Message request = message_in(buffer, *message);
  auto response = dispatcher_.answer(*this, caller, request);
  if (response) return send(*response);
  watch_.set_events(0);
}

void DatagramEndpoint::on_answer(Response response) {
  send(response);
  watch_.set_events(EPOLLIN);
}

// A path is looked up now, and by this process, whatever it was when the message was sent. So only
// who has this process's rights anyway gets a reply at a path.
bool DatagramEndpoint::may_reply_to(const Credentials& sender) const {
  if (sender_.is_path()) return sender.uid == geteuid() || sender.uid == 0;
  return sender_.is_autobound();
}

void DatagramEndpoint::send(const Response& response) {
  if (!may_reply_) return;
  EncodedResponse encoded = encode(response);
  ignore(send_message(socket_.fd(), encoded.bytes, encoded.fd, MSG_DONTWAIT, &sender_),
         "a reply that finds no room is dropped");
}

}  // namespace vm_control
