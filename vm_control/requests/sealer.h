// SPDX-License-Identifier: BSD-3-Clause
// Seals memory against shrinking, on the thread of its sender's user: a sender that writes to the
// memory holds a lock that the kernel waits for, and can make that write last for ever.
// Threads: the control thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "vm_control/accounts/user.h"
#include "vm_control/base/completions.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control {

class Sealer {
 public:
  using Job = uint64_t;
  using OnDone = std::function<void(Job)>;

  // on_done  called in `loop`, which outlives this, for each job: sealed or not.
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<Sealer> create(EventLoop& loop, OnDone on_done);

  // Begins to seal what `fd` refers to; it may be closed meanwhile. Errors: EMFILE.
  Result<void> start(Job job, int fd, User& user);

 private:
  explicit Sealer(std::unique_ptr<Completions<Job>> done) : done_(std::move(done)) {}

  std::unique_ptr<Completions<Job>> done_;
};

}  // namespace vm_control
