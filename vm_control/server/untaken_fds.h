// SPDX-License-Identifier: BSD-3-Clause
// The descriptors in responses that a peer has not taken from its socket: those that it was sent,
// and those that wait to be sent.
//
// The kernel keeps what was sent and what it refers to, and counts it for the user of this process:
// when there are as many as RLIMIT_NOFILE says, nobody can be sent one (ETOOMANYREFS). So all are
// charged to the peer's account until it has taken all that it was sent.
// Threads: one at a time.
#pragma once

#include <memory>
#include <vector>

#include "vm_control/accounts/account.h"

namespace vm_control {

class UntakenFds {
 public:
  // A session that has left this many untaken is not read until it takes them.
  static constexpr size_t kMax = 16;

  explicit UntakenFds(std::shared_ptr<Account> account) : account_(std::move(account)) {}

  // Charges `fd`, which is to be sent after those that were added before. Errors: EDQUOT, EMFILE.
  Result<void> add(int fd);

  // The next of those that were added was sent.
  void on_sent() { ++sent_; }

  // Those that were not sent will not be.
  void drop_unsent() { charges_.resize(sent_); }

  // Looks whether the peer of `socket` has taken all that it was sent, or is gone.
  void update(int socket);

  size_t size() const { return charges_.size(); }

 private:
  std::shared_ptr<Account> account_;
  std::vector<Charge> charges_;  // in the order of responses
  size_t sent_ = 0;              // how many of them were sent
};

}  // namespace vm_control
