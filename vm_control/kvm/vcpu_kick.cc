// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vcpu_kick.h"

#include <unistd.h>

namespace vm_control::kvm {
namespace {

// Returns this thread's id. The first call in a thread unblocks the signal: the thread may have
// been started with all signals blocked.
pid_t receptive_thread() {
  thread_local const pid_t id = [] {
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, VcpuKick::kSignal);
    pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
    return gettid();
  }();
  return id;
}

// An exchange rather than a store: each side then sees what the other did before, even if a third
// thread kicks.
void set_immediate_exit(kvm_run& run, uint8_t value) {
  std::atomic_ref<uint8_t>(run.immediate_exit).exchange(value);
}

}  // namespace

Result<void> VcpuKick::take_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  if (sigaction(kSignal, &action, nullptr) < 0) return fail_errno("handle SIGURG");
  return {};
}

void VcpuKick::kick() {
  set_immediate_exit(run_, 1);
  pid_t thread = thread_.load();
  // The thread may have ended. The signal then finds none, or another one of this process, which
  // ignores it.
  if (thread) tgkill(getpid(), thread, kSignal);
}

void VcpuKick::enter() {
  thread_.store(receptive_thread());
}

void VcpuKick::leave(bool interrupted) {
  if (interrupted) set_immediate_exit(run_, 0);
}

}  // namespace vm_control::kvm
