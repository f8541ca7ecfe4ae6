// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/interrupt_state.h"

namespace vm_control::vmm {
namespace {

constexpr uint32_t kUsedBuffers = 1;
constexpr uint32_t kConfigChanged = 2;

}  // namespace

void InterruptState::open() {
  MutexLock lock(mutex_);
  is_open_ = true;
}

void InterruptState::close() {
  MutexLock lock(mutex_);
  is_open_ = false;
  needs_reset_ = false;
  reasons_ = 0;
}

void InterruptState::used_buffers() {
  MutexLock lock(mutex_);
  interrupt(kUsedBuffers);
}

void InterruptState::config_changed() {
  MutexLock lock(mutex_);
  ++generation_;
  interrupt(kConfigChanged);
}

void InterruptState::need_reset() {
  MutexLock lock(mutex_);
  needs_reset_ = true;
  interrupt(kConfigChanged);
}

void InterruptState::interrupt(uint32_t reason) {
  if (!is_open_) return;
  reasons_ |= reason;
  interrupt_.raise();
}

uint32_t InterruptState::reasons() const {
  MutexLock lock(mutex_);
  return reasons_;
}

void InterruptState::acknowledge(uint32_t reasons) {
  MutexLock lock(mutex_);
  reasons_ &= ~reasons;
}

uint32_t InterruptState::generation() const {
  MutexLock lock(mutex_);
  return generation_;
}

bool InterruptState::needs_reset() const {
  MutexLock lock(mutex_);
  return needs_reset_;
}

}  // namespace vm_control::vmm
