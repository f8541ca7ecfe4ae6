// SPDX-License-Identifier: BSD-3-Clause
// Who may use a socket, and for what.
#pragma once

#include <sys/types.h>

#include <vector>

#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

struct SocketPolicy {
  // What who connects may ask for.
  Rights allow = Rights::all();
  // Who may connect besides the user of this process, and root.
  std::vector<uid_t> uids;
  // What to do with memory that its sender could take away again.
  SealPolicy seal_policy = SealPolicy::kPrefer;
  // Of the socket's file. Who may not open it can't connect, whatever `uids` says.
  mode_t mode = 0600;

  // Whether the user `uid` may connect.
  bool admits(uid_t uid) const;
};

}  // namespace vm_control
