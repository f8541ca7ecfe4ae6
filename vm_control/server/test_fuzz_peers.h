// SPDX-License-Identifier: BSD-3-Clause
// The clients of a fuzzed server: how many answers each waits for, and what they have been given.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "vm_control/server/test_server.h"

namespace vm_control {

// One connection, which knows how many of its messages are not answered yet.
class FuzzPeer {
 public:
  explicit FuzzPeer(TestPeer peer) : peer_(std::move(peer)) {}

  int fd() const { return peer_.fd(); }
  void send(std::span<const std::byte> bytes, const std::vector<int>& fds);
  // Sends no more, but receives what is due.
  void finish();

  // The next response, if there is one. Aborts on one that nobody asked for, and if the server ends
  // the connection first.
  std::optional<Response> receive();
  bool awaits_answer() const { return unanswered_ > 0; }
  bool is_over() const { return over_; }

 private:
  TestPeer peer_;
  size_t unanswered_ = 0;
  bool finished_ = false;
  bool over_ = false;
};

class FuzzPeers {
 public:
  static constexpr size_t kMax = 8;

  // More than kMax are not taken.
  void add(TestPeer peer);
  // Null if there is none.
  FuzzPeer* at(size_t index);
  void remove(size_t index);
  void remove_subscription();
  void clear();

  size_t size() const { return peers_.size(); }
  // Receives all that has come, and keeps what it brings.
  void receive_all();
  bool await_answers() const;
  const std::vector<uint64_t>& handles() const { return handles_; }
  // Descriptors that are open here.
  size_t fds() const { return peers_.size() + subscriptions_.size(); }

 private:
  void keep(Response response);

  std::list<FuzzPeer> peers_;
  std::vector<UniqueFd> subscriptions_;
  std::vector<uint64_t> handles_;  // that anybody was ever given
};

}  // namespace vm_control
