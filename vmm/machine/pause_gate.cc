// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/pause_gate.h"

namespace vm_control::vmm {

bool PauseGate::enter() {
  for (;;) {
    ++inside_;
    Door door = door_;
    if (door == Door::kOpen) return true;
    leave();
    if (door == Door::kDown) return false;
    wait_while_closed();
  }
}

void PauseGate::leave() {
  --inside_;
  if (door_ == Door::kClosed) pause_if_empty();
}

void PauseGate::wait_while_closed() {
  std::unique_lock lock(mutex_);
  door_moved_.wait(lock, [this] { return door_ != Door::kClosed; });
}

void PauseGate::pause() {
  set_door(Door::kClosed);
  pause_if_empty();
}

void PauseGate::resume() {
  set_door(Door::kOpen);
}

void PauseGate::stop() {
  set_door(Door::kDown);
}

void PauseGate::set_door(Door door) {
  std::lock_guard lock(mutex_);
  if (door_ == Door::kDown) return;
  door_ = door;
  if (door == Door::kOpen) set_state(VmState::kRunning);
  door_moved_.notify_all();
}

void PauseGate::pause_if_empty() {
  std::lock_guard lock(mutex_);
  // A thread may count itself in at a closed door, and out again: no reason to say "running".
  if (door_ == Door::kClosed && inside_ == 0) set_state(VmState::kPaused);
}

void PauseGate::set_exited() {
  std::lock_guard lock(mutex_);
  door_ = Door::kDown;
  set_state(VmState::kExited);
}

void PauseGate::set_state(VmState state) {
  if (state_ == state || state_ == VmState::kExited) return;
  state_ = state;
  changed_.signal();
}

}  // namespace vm_control::vmm
