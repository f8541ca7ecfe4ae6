// SPDX-License-Identifier: BSD-3-Clause
// The gate that vCPU threads pass on their way into the guest: open, closed for a pause, or down
// for good.
//
//   vCPU thread                          any thread
//   while (gate.enter()) {               gate.pause();   and bring the vCPUs out: the gate can't
//     KVM_RUN                            gate.resume();
//     gate.leave();                      gate.stop();    and bring the vCPUs out
//     serve what it came out for
//   }
//
// A thread that serves what the guest asked for, and waits for a console's reader to do so, is not
// in the guest: it does not hold up a pause.
// Threads: any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "vm_control/base/event_fd.h"
#include "vm_control/model/vm_status.h"

namespace vm_control::vmm {

class PauseGate {
 public:
  // changed  signalled whenever state() has changed.
  explicit PauseGate(EventFd changed) : changed_(std::move(changed)) {}
  PauseGate(const PauseGate&) = delete;
  PauseGate& operator=(const PauseGate&) = delete;

  // Waits until the gate is open, and counts the caller in. False, and not counted, after stop().
  bool enter();
  // Counts the caller out.
  void leave();

  // Closes the gate, and opens it. Neither has an effect after stop().
  void pause();
  void resume();
  // Sends everybody away, those who wait included, from now on.
  void stop();

  // The owner has seen the last thread go: the state is kExited from now on.
  void set_exited();

  // kPaused from when nobody is inside the closed gate until resume().
  VmState state() const { return state_; }
  const EventFd& changed() const { return changed_; }

 private:
  enum class Door { kOpen, kClosed, kDown };

  void set_door(Door door);
  void wait_while_closed();
  void pause_if_empty();
  void set_state(VmState state);

  EventFd changed_;
  std::mutex mutex_;  // of whoever changes door_ or state_
  std::condition_variable door_moved_;
  std::atomic<VmState> state_{VmState::kRunning};
  // The way through an open door takes no lock. Who enters counts itself in and then looks at the
  // door; who closes the door then looks at the count. In one total order, one sees the other.
  std::atomic<Door> door_{Door::kOpen};
  std::atomic<size_t> inside_{0};
};

}  // namespace vm_control::vmm
