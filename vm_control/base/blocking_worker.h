// SPDX-License-Identifier: BSD-3-Clause
// Does on a thread of its own what a peer can make as slow as it likes.
//
// To close a descriptor that a peer sent is such a thing: a file of FUSE waits until its server
// answers the flush, a TCP socket with SO_LINGER until its data is read, an eventfd until whoever
// watches it by epoll lets go of a lock. So is to unmap its memory: the last one frees the file, as
// large as that is. To add a seal is another: it waits for whoever writes to the file. So the
// thread that serves the peers must do none of them. One job is done after the other: one that is
// stuck holds up those behind it, which is why waiting() should count against what the peers may
// send.
//
// To hand a job over costs next to nothing while jobs come one after another: the thread does those
// of ten milliseconds together.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <variant>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class BlockingWorker {
 public:
  // Starts the thread, which is named "blocking-worker" and takes no signals.
  //
  // on_start  called on the thread before it does anything: to enter a sandbox.
  // Errors    EAGAIN  there are too many threads.
  static Result<std::unique_ptr<BlockingWorker>> create(std::function<void()> on_start = {});

  // Gives the thread a tenth of a second to do what is left, and leaves it alone with what is
  // stuck: that is done when it can be, or ends with the process, which waits as well where the
  // kernel lets nothing interrupt a close: for a server of FUSE.
  ~BlockingWorker();

  BlockingWorker(const BlockingWorker&) = delete;
  BlockingWorker& operator=(const BlockingWorker&) = delete;

  // Hands `job` over and returns at once; any thread. What it refers to outlives the process, or is
  // shared with it.
  void run(std::function<void()> job);

  // The same to close `fd` or to unmap `mapping`, if there is one.
  void close(UniqueFd fd);
  void unmap(MemoryMapping mapping);

  // How many jobs were handed over and are not done yet; any thread.
  size_t waiting() const;

  // Has the thread hurry, and waits until all that was handed over is done; any thread. Returns
  // false if that took longer than `timeout`.
  bool wait_idle(std::chrono::milliseconds timeout) const;

 private:
  struct State;

  // A function that is called, or what is only to be let go of.
  using Job = std::variant<std::function<void()>, UniqueFd, MemoryMapping>;

  explicit BlockingWorker(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void add(Job job);

  std::shared_ptr<State> state_;  // the thread has a share: it can outlive this
  std::thread thread_;
};

}  // namespace vm_control
