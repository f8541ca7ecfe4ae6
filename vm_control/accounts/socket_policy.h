// SPDX-License-Identifier: BSD-3-Clause
// The rules of a socket: which users may connect, and what they may ask for.
#pragma once

#include <sys/types.h>

#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

// A guest's write to a client's doorbell signals the client's eventfd, or one that the client's
// thread relays to it. To signal an eventfd takes as long as all that watch it make it take.
enum class Doorbells { kDirect, kRelay };

struct SocketPolicy {
  // Rights granted to each connection.
  Rights allow = Rights::all();
  // Users who may connect besides root and the user of this process. Never the overflow user, as
  // whom users of other user namespaces appear.
  std::vector<uid_t> uids;
  // Whether to accept memory that its sender could take away again.
  SealPolicy seal_policy = SealPolicy::kPrefer;
  Doorbells doorbells = Doorbells::kDirect;
  // Mode of the socket file. Beside the users that it lets connect, `uids` can.
  mode_t mode = 0600;

  // Errors: EINVAL (the overflow user is listed). A process that will not be able to read
  // /proc/sys/kernel/overflowuid later calls this before.
  Result<void> check() const;

  // Whether the user `uid` may connect.
  bool admits(uid_t uid) const;
};

}  // namespace vm_control
