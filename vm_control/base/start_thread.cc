// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/start_thread.h"

#include <pthread.h>

#include <array>
#include <csignal>
#include <system_error>
#include <utility>

namespace vm_control {
namespace {

// The kernel sends these to a thread for what the thread itself has done. If they are blocked, it
// ends the process without their handlers.
constexpr std::array kCrashes = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

// A new thread inherits the signal mask of the one that makes it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (int signal : kCrashes) sigdelset(&all, signal);
    pthread_sigmask(SIG_SETMASK, &all, &saved_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t saved_;
};

}  // namespace

Result<std::thread> start_thread(const char* name, std::function<void()> run) {
  SignalsBlocked blocked;
  try {
    return std::thread([name, run = std::move(run)] {
      pthread_setname_np(pthread_self(), name);
      run();
    });
  } catch (const std::system_error& error) {
    return fail(error.code().value(), "start the thread", name);
  }
}

}  // namespace vm_control
