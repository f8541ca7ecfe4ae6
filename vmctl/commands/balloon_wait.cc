// SPDX-License-Identifier: BSD-3-Clause
// The wait of 'vmctl balloon VM SIZE --wait'.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "vmctl/cli/balloon_text.h"
#include "vmctl/commands/balloon.h"

namespace vm_control::vmctl {
namespace {

// Often enough for a bar that moves, and seldom enough for the VM not to notice.
constexpr std::chrono::milliseconds kPause(100);

// One line of a terminal that is drawn again and again, and gone at the end.
class ProgressLine {
 public:
  ProgressLine() : is_shown_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { show(""); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) const {
    // Erase in line: ECMA-48, EL.
    if (is_shown_) std::fputs(("\r\x1b[K" + text).c_str(), stderr);
  }

 private:
  bool is_shown_;
};

}  // namespace

CallResult<BalloonStatus> wait_for_balloon(Client& vm) {
  // Each answer has the timeout of its own from here on: the guest takes what time it needs.
  vm.finish_by(std::chrono::steady_clock::time_point::max());
  ProgressLine line;
  BalloonStatus status = TRY(vm.balloon_status());
  uint64_t start_bytes = status.actual_bytes;
  while (status.state == BalloonState::kAdjusting) {
    line.show(progress_bar(status, start_bytes));
    std::this_thread::sleep_for(kPause);
    status = TRY(vm.balloon_status());
  }
  return status;
}

}  // namespace vm_control::vmctl
