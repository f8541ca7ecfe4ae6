// SPDX-License-Identifier: BSD-3-Clause
// The connections of a server, as requests about connections need them.
#pragma once

#include <cstdint>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class Connections {
 public:
  // The far end of a new session for the peer of `caller`, with its rights.
  // Errors: EDQUOT, EMFILE, ENFILE, ENOMEM.
  virtual Result<UniqueFd> open_session(const Caller& caller) = 0;

  // A socket to receive the events of `mask` from. Errors: as open_session().
  virtual Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask) = 0;

  // Ends the connections whose peers have gone, before their turn, but for the one that is being
  // served. Returns whether there were any.
  virtual bool end_abandoned() = 0;

  // How many sessions there are, of all principals.
  virtual uint32_t session_count() const = 0;

  // How often the VM has been resumed; and counts another time, which ends the pauses that wait.
  virtual uint64_t resumes() const = 0;
  virtual void tell_resumed() = 0;

  // Tells subscribers the state of the balloon, if it has changed.
  virtual void tell_balloon_changed() = 0;

 protected:
  ~Connections() = default;
};

}  // namespace vm_control
