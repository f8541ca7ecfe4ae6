// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>

#include "vm_control/base/error.h"
#include "vmctl/cli/report.h"

namespace vm_control::vmctl {
namespace {

constexpr size_t kMuch = 65536;

// Waits until a write of PIPE_BUF bytes does not wait.
void wait_for_reader() {
  pollfd entry{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&entry, 1, 0) != 0) return;
  sigset_t none;
  sigemptyset(&none);
  ppoll(&entry, 1, nullptr, &none);
}

}  // namespace

void Output::add(std::string_view text) {
  if (error_) return;
  waiting_ += text;
  if (waiting_.size() > kMuch) flush();
}

bool Output::flush() {
  size_t done = 0;
  while (!error_ && done < waiting_.size()) {
    wait_for_reader();
    size_t size = std::min<size_t>(waiting_.size() - done, PIPE_BUF);
    ssize_t written = write(STDOUT_FILENO, waiting_.data() + done, size);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      error_ = errno;
    }
  }
  waiting_.clear();
  return !error_;
}

void Output::note(std::string_view what) {
  notes_ += "; ";
  notes_ += what;
}

ExitStatus Output::finish(ExitStatus status) {
  if (flush()) return status;
  print_error("cannot write to standard output: " + describe_errno(error_) + notes_);
  return status == kDone ? kRefused : status;
}

}  // namespace vm_control::vmctl
