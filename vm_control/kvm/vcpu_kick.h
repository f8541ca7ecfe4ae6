// SPDX-License-Identifier: BSD-3-Clause
// A kick brings a vCPU out of KVM_RUN, from any thread, and is never lost.
//
// A signal alone can be lost: if it comes just before KVM_RUN, it finds nothing to interrupt. So
// the kick first sets immediate_exit, which makes the next KVM_RUN return, and then signals the
// thread, which makes the current KVM_RUN return:
//
//   kicking thread                       vCPU thread
//   immediate_exit = 1                   thread = own id          enter()
//   signal thread, if there is one       KVM_RUN                  returns EINTR
//                                        immediate_exit = 0       leave(), if it was EINTR
//
// Whichever thread goes first, the other sees what it wrote. The signal also interrupts what the
// vCPU thread waits for between two runs.
//
// The signal is SIGURG. The kernel queues real-time signals, and refuses them when the queue of the
// user is full (RLIMIT_SIGPENDING), which any process of that user can bring about; a signal below
// SIGRTMIN is a mark on its thread and always arrives. SIGURG is ignored by default, so that one
// which comes from elsewhere, or before take_signal(), does nothing.
#pragma once

#include <linux/kvm.h>
#include <signal.h>
#include <sys/types.h>

#include <atomic>

#include "vm_control/base/result.h"

namespace vm_control::kvm {

class VcpuKick {
 public:
  static constexpr int kSignal = SIGURG;

  // Installs a handler of the signal that does nothing: one that is ignored interrupts nobody. May
  // be called again.
  static Result<void> take_signal();

  // run  the memory that the vCPU shares with KVM; outlives this.
  explicit VcpuKick(kvm_run& run) : run_(run) {}

  // Makes KVM_RUN return EINTR, now or at its next call; any thread. The vCPU thread sees after
  // leave() what the caller wrote before.
  void kick();

  // The vCPU thread calls this before KVM_RUN.
  void enter();
  // The vCPU thread calls this after KVM_RUN. Takes the kick if KVM_RUN was `interrupted`.
  void leave(bool interrupted);

 private:
  kvm_run& run_;
  std::atomic<pid_t> thread_{0};  // the thread that ran the vCPU last; 0 if none did
};

}  // namespace vm_control::kvm
