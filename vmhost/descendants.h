// SPDX-License-Identifier: BSD-3-Clause
// The processes that stem from this one. Those whose parent ends become its children (see
// PR_SET_CHILD_SUBREAPER in prctl(2)), so that it can reap them, and end them all: also those that
// left their process group and session.
//
// Children that the process had before, which a shell may have left to it, are not touched.
// It opens its file before the sandbox, and works inside of it.
// Threads: the main thread, which the kernel makes the parent of orphans; no other may start
// processes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmhost {

class Descendants {
 public:
  using Clock = std::chrono::steady_clock;
  // Called for each child that has ended, before it is reaped. Returns whether the child is its own
  // to reap.
  using OnEnded = std::function<bool(pid_t)>;

  // Makes this process the parent of its orphans, for as long as it lives.
  // Errors: ENOENT (no /proc, or a kernel without CONFIG_PROC_CHILDREN), EMFILE, ENFILE.
  static Result<Descendants> adopt();

  // Reaps children that have ended, a bounded number of them. Returns whether there may be more.
  bool reap(const OnEnded& on_ended);

  // Kills and reaps all descendants, those that they start meanwhile too, until `deadline`. Returns
  // whether none is left. Those of the children that the process had before stay.
  bool end_all(Clock::time_point deadline, const OnEnded& on_ended);

 private:
  explicit Descendants(UniqueFd children) : children_(std::move(children)) {}

  // Some of the children; none only if there are none.
  std::vector<pid_t> children() const;
  bool kill_children() const;

  UniqueFd children_;       // lists them
  std::set<pid_t> before_;  // those that the process had before
};

}  // namespace vm_control::vmhost
