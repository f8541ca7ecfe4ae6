// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/pause_gate.h"

namespace vm_control::vmm {

bool PauseGate::enter() {
  for (;;) {
    ++inside_;
    Door door = door_;
    if (door == Door::kOpen) return true;
    leave();
    if (door == Door::kStopped) return false;
    wait_while_closed();
  }
}

void PauseGate::leave() {
  --inside_;
  if (door_ == Door::kClosed) pause_if_empty();
}

void PauseGate::wait_while_closed() {
  MutexLock lock(mutex_);
  while (door_ == Door::kClosed) lock.wait(door_moved_);
}

void PauseGate::pause() {
  set_door(Door::kClosed);
  pause_if_empty();
}

void PauseGate::resume() {
  set_door(Door::kOpen);
}

void PauseGate::stop() {
  set_door(Door::kStopped);
}

void PauseGate::set_door(Door door) {
  MutexLock lock(mutex_);
  if (door_ == Door::kStopped) return;
  door_ = door;
  if (door == Door::kOpen) set_state(VmState::kRunning);
  door_moved_.notify_all();
}

void PauseGate::pause_if_empty() {
  MutexLock lock(mutex_);
  // A thread may count itself in at the closed door, and out again. That does not end the pause.
  if (door_ == Door::kClosed && inside_ == 0) set_state(VmState::kPaused);
}

void PauseGate::set_exited() {
  MutexLock lock(mutex_);
  door_ = Door::kStopped;
  set_state(VmState::kExited);
}

void PauseGate::set_state(VmState state) {
  if (state_ == state || state_ == VmState::kExited) return;
  state_ = state;
  changed_.signal();
}

}  // namespace vm_control::vmm
