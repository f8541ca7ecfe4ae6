// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/start_thread.h"

#include <pthread.h>

#include <csignal>
#include <system_error>
#include <utility>

namespace vm_control {
namespace {

// A new thread inherits the signal mask of the one that makes it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t saved_;
};

}  // namespace

Result<std::thread> start_thread(const char* name, std::function<void()> run) {
  AllSignalsBlocked blocked;
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
