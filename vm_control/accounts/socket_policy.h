// SPDX-License-Identifier: BSD-3-Clause
// The rules of a socket: which users may connect, and what they may ask for.
#pragma once

#include <sys/types.h>

#include <vector>

#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

struct SocketPolicy {
  // Rights granted to each connection.
  Rights allow = Rights::all();
  // Users who may connect besides root and the user of this process.
  std::vector<uid_t> uids;
  // Whether to accept memory that its sender could take away again.
  SealPolicy seal_policy = SealPolicy::kPrefer;
  // Mode of the socket file. Users without write access can't connect, whatever `uids` says.
  mode_t mode = 0600;

  // Whether the user `uid` may connect.
  bool admits(uid_t uid) const;
};

}  // namespace vm_control
