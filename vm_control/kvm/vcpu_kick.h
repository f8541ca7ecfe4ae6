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
//                                        thread = none            leave()
//                                        immediate_exit = 0, if it was EINTR
//
// Whichever thread goes first, the other sees what it wrote.
#pragma once

#include <linux/kvm.h>
#include <sys/types.h>

#include <atomic>

#include "vm_control/base/result.h"

namespace vm_control::kvm {

class VcpuKick {
 public:
  // Installs a handler of SIGRTMIN that does nothing: the default action would end the process. May
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
  std::atomic<pid_t> thread_{0};  // the thread in KVM_RUN or near it; 0 if there is none
};

}  // namespace vm_control::kvm
