// SPDX-License-Identifier: BSD-3-Clause
// Seals memory against shrinking, on the thread of its sender's user: a sender that writes to the
// memory holds a lock that the kernel waits for, and can make that write last as long as it likes.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <memory>

#include "vm_control/accounts/user.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"

namespace vm_control {

class Sealer {
 public:
  using Job = uint64_t;
  using OnDone = Function<void(Job)>;

  // on_done  called in `loop`, which outlives this, for each job, whether the memory could be
  //          sealed or not; not after the sealer has gone.
  Sealer(EventLoop& loop, OnDone on_done)
      : poster_(loop.poster()), on_done_(std::make_shared<OnDone>(std::move(on_done))) {}

  // Begins to seal the memory of `fd`, which may be closed meanwhile. Errors: EMFILE.
  Result<void> start(Job job, int fd, User& user);

 private:
  Poster poster_;
  std::shared_ptr<OnDone> on_done_;
};

}  // namespace vm_control
