// SPDX-License-Identifier: BSD-3-Clause
// The descriptors in responses that a peer has been sent and has not taken from its socket.
//
// The kernel keeps them and what they refer to, and counts them for the user of this process: when
// there are as many as RLIMIT_NOFILE says, nobody can be sent one (ETOOMANYREFS). So they are
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

  // Charges `fd`, which is about to be sent. Errors: EDQUOT.
  Result<void> add(int fd);

  // The one that was added last was not sent.
  void take_back() { charges_.pop_back(); }

  // Looks whether the peer of `socket` has taken all that it was sent, or is gone.
  void update(int socket);

  size_t size() const { return charges_.size(); }

 private:
  std::shared_ptr<Account> account_;
  std::vector<Charge> charges_;
};

}  // namespace vm_control
