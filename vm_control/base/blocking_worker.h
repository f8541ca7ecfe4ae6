// SPDX-License-Identifier: BSD-3-Clause
// A thread that does the work which a peer can make as slow as it likes.
//
// Closing a descriptor that a peer sent is such work: a file of FUSE waits until its server answers
// the flush, a TCP socket with SO_LINGER until its data is read, an eventfd until the thread that
// watches it by epoll releases a lock. Unmapping a peer's memory is, too, as the last unmap frees
// the whole file. So is adding a seal, which waits for those that write to the file. The thread
// that serves the peers must do none of these.
//
// The worker does one job after the other, and a job that is stuck holds up those behind it. So
// waiting() should count against the amount that the peers may send. Handing over a job costs next
// to nothing while jobs come one after another: the worker does those of ten milliseconds together.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <variant>

#include "vm_control/base/function.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class BlockingWorker {
 public:
  // Starts the thread, which is named "blocking-worker" and takes no signals.
  //
  // on_start  called on the thread before any job: to enter a sandbox.
  // Errors    EAGAIN  there are too many threads.
  static Result<std::unique_ptr<BlockingWorker>> create(std::function<void()> on_start = {});

  // Gives the thread a tenth of a second for the jobs that are left, and leaves it behind if one is
  // stuck. Such a job ends when it can, or with the process; and that waits, too, where the kernel
  // lets nothing interrupt a close: for a server of FUSE.
  ~BlockingWorker();

  BlockingWorker(const BlockingWorker&) = delete;
  BlockingWorker& operator=(const BlockingWorker&) = delete;

  // Hands `job` over and returns at once; any thread. Objects that it refers to outlive the
  // process, or are shared with it.
  void run(Function<void()> job);

  // The same for closing `fd` or unmapping `mapping`, if there is one.
  void close(UniqueFd fd);
  void unmap(MemoryMapping mapping);

  // The number of jobs that were handed over and are not done yet; any thread.
  size_t waiting() const;

  // Makes the thread hurry, and waits until all jobs are done; any thread. Returns false if that
  // took longer than `timeout`.
  bool wait_idle(std::chrono::milliseconds timeout) const;

 private:
  struct State;

  // A function to call, or a resource to release.
  using Job = std::variant<Function<void()>, UniqueFd, MemoryMapping>;

  explicit BlockingWorker(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void add(Job job);

  std::shared_ptr<State> state_;  // the thread has a share: it can outlive this
  std::thread thread_;
};

}  // namespace vm_control
