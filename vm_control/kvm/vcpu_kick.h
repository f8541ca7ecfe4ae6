// SPDX-License-Identifier: BSD-3-Clause
// The clean way out: brings a vCPU out of KVM_RUN, from any thread, and is never lost.
//
// A signal alone would be: one that comes just before KVM_RUN finds nothing to interrupt. So the
// kick first sets immediate_exit, which makes the next KVM_RUN return, and then signals the
// thread, which makes the current one return:
//
//   kicking thread                       vCPU thread
//   immediate_exit = 1                   thread = own id          enter()
//   signal thread, if there is one       KVM_RUN                  returns EINTR
//                                        thread = none            leave()
//                                        immediate_exit = 0, if it was EINTR
//
// Whichever goes first, one sees what the other wrote.
#pragma once

#include <linux/kvm.h>
#include <sys/types.h>

#include <atomic>

#include "vm_control/base/result.h"

namespace vm_control::kvm {

class VcpuKick {
 public:
  // Takes SIGRTMIN of this process, with a handler that does nothing: its default would end the
  // process. May be called again.
  static Result<void> take_signal();

  // run  what the vCPU shares with KVM; outlives this.
  explicit VcpuKick(kvm_run& run) : run_(run) {}

  // Any thread: KVM_RUN, now or at its next call, returns EINTR. What the caller wrote before, the
  // vCPU thread sees after leave().
  void kick();

  // vCPU thread, before KVM_RUN.
  void enter();
  // vCPU thread, after KVM_RUN. Takes the kick if it was `interrupted`.
  void leave(bool interrupted);

 private:
  kvm_run& run_;
  std::atomic<pid_t> thread_{0};  // in KVM_RUN or near it; 0: none
};

}  // namespace vm_control::kvm
