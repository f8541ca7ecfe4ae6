// SPDX-License-Identifier: BSD-3-Clause
// The gate that vCPU threads pass on their way into the guest. It is open, closed for a pause, or
// stopped for good.
//
//   vCPU thread                          any thread
//   while (gate.enter()) {               gate.pause();   then kicks the vCPUs, as the gate can't
//     KVM_RUN                            gate.resume();
//     gate.leave();                      gate.stop();    then kicks the vCPUs
//     serve the exit
//   }
//
// A vCPU thread that serves an exit is not in the guest. So a pause need not wait for it, even if
// the reader of the serial port keeps it waiting.
// Threads: any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/mutex.h"
#include "vm_control/model/vm_status.h"

namespace vm_control::vmm {

class PauseGate {
 public:
  // changed  the gate signals it whenever state() has changed.
  explicit PauseGate(EventFd changed) : changed_(std::move(changed)) {}
  PauseGate(const PauseGate&) = delete;
  PauseGate& operator=(const PauseGate&) = delete;

  // Waits until the gate is open, and counts the caller in. After stop() it returns false, and does
  // not count the caller.
  bool enter();
  // Counts the caller out.
  void leave();

  // Close the gate, and open it. Neither has an effect after stop().
  void pause();
  void resume();
  // Makes enter() return false from now on, also in threads that wait in it.
  void stop();

  // Makes the state kExited. The owner calls it when the last vCPU thread has gone.
  void set_exited();

  // kPaused from the moment when the gate is closed and no thread is inside, until resume().
  VmState state() const { return state_; }
  EventFd& changed() { return changed_; }

 private:
  enum class Door { kOpen, kClosed, kStopped };

  void set_door(Door door);
  void wait_while_closed();
  void pause_if_empty();
  void set_state(VmState state) REQUIRES(mutex_);

  EventFd changed_;
  Mutex mutex_;  // held to change door_ or state_
  std::condition_variable door_moved_;
  std::atomic<VmState> state_{VmState::kRunning};
  // A thread passes the open door without a lock: it counts itself in, then looks at the door. A
  // thread that closes the door looks at the count after that. As all these accesses have one total
  // order, at least one of the two sees the other.
  std::atomic<Door> door_{Door::kOpen};
  std::atomic<size_t> inside_{0};
};

}  // namespace vm_control::vmm
