// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/test_fuzz_peers.h"

#include <cstdlib>
#include <iostream>

namespace vm_control {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << what << "\n";
  std::abort();
}

}  // namespace

void FuzzPeer::send(std::span<const std::byte> bytes, const std::vector<int>& fds) {
  if (!finished_ && peer_.send(bytes, fds)) ++unanswered_;
}

void FuzzPeer::finish() {
  finished_ = true;
  shutdown(fd(), SHUT_WR);
}

std::optional<Response> FuzzPeer::receive() {
  ResponseFrame frame;
  auto message = receive_message(fd(), frame, MSG_DONTWAIT);
  if (!message) return std::nullopt;
  if (message->size == 0) {
    require(finished_, "the server ended a session that did nothing wrong");
    require(unanswered_ == 0, "the server ended a session before it answered");
    over_ = true;
    return std::nullopt;
  }
  require(unanswered_ > 0, "a message was answered twice");
  --unanswered_;
  auto response = decode_response(frame, std::move(message->fd));
  require(response.has_value() && message->size == frame.size(), "the answer is not a response");
  return std::move(*response);
}

void FuzzPeers::add(TestPeer peer) {
  if (peers_.size() < kMax) peers_.emplace_back(std::move(peer));
}

FuzzPeer* FuzzPeers::at(size_t index) {
  if (peers_.empty()) return nullptr;
  return &*std::next(peers_.begin(), static_cast<ptrdiff_t>(index % peers_.size()));
}

void FuzzPeers::remove(size_t index) {
  peers_.remove_if([wanted = at(index)](const FuzzPeer& each) { return &each == wanted; });
}

void FuzzPeers::remove_subscription() {
  if (!subscriptions_.empty()) subscriptions_.pop_back();
}

void FuzzPeers::clear() {
  peers_.clear();
  subscriptions_.clear();
}

void FuzzPeers::receive_all() {
  // Keeping a response may add peers, which have nothing to receive yet.
  for (FuzzPeer& each : peers_) {
    while (auto response = each.receive()) keep(std::move(*response));
  }
  peers_.remove_if([](const FuzzPeer& each) { return each.is_over(); });
}

bool FuzzPeers::await_answers() const {
  return std::ranges::any_of(peers_, &FuzzPeer::awaits_answer);
}

void FuzzPeers::keep(Response response) {
  auto* mapped = std::get_if<response::MappedMemory>(&response);
  if (mapped) handles_.push_back(mapped->handle.value());
  auto* ioevent = std::get_if<response::IoeventRegistered>(&response);
  if (ioevent) handles_.push_back(ioevent->handle.value());
  auto* irqfd = std::get_if<response::IrqfdRegistered>(&response);
  if (irqfd) handles_.push_back(irqfd->handle.value());
  auto* opened = std::get_if<response::SessionOpened>(&response);
  if (opened) add(TestPeer(std::move(opened->session)));
  auto* subscribed = std::get_if<response::Subscribed>(&response);
  if (subscribed) subscriptions_.push_back(std::move(subscribed->events));
}

}  // namespace vm_control
