// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/log_output.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace vm_control::vmctl {

LogOutput::LogOutput(int fd)
    : fd_(fd),
      // A terminal in raw mode needs the carriage return.
      line_end_(isatty(fd) ? "\r\n" : "\n") {}

void LogOutput::write(std::string_view line) {
  ++lost_;
  bool tells = lost_ > 1;
  if (tells && !put(fmt::format("{} lines of the log could not be written", lost_ - 1))) return;
  if (tells) lost_ = 1;
  if (put(line)) lost_ = 0;
}

// Returns whether all of `line` was written.
bool LogOutput::put(std::string_view line) {
  std::string text = fmt::format("{}vmctl: {}{}", is_cut_off_ ? line_end_ : "", line, line_end_);
  std::string_view rest = text;
  while (!rest.empty()) {
    ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written > 0) rest.remove_prefix(static_cast<size_t>(written));
    if (written >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN) break;
    pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
    poll(&writable, 1, -1);
  }
  is_cut_off_ = !rest.empty() && (is_cut_off_ || rest.size() < text.size());
  return rest.empty();
}

}  // namespace vm_control::vmctl
