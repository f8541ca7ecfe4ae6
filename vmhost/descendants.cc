// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/descendants.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>

#include "vm_control/base/try.h"

namespace vm_control::vmhost {

Result<Descendants> Descendants::adopt() {
  const std::string pid = std::to_string(getpid());
  const std::string path = "/proc/" + pid + "/task/" + pid + "/children";
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno("open", path);
  Descendants descendants(std::move(file));
  for (pid_t child : descendants.children()) descendants.before_.insert(child);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return fail_errno("become a subreaper");
  return descendants;
}

bool Descendants::reap(const OnEnded& on_ended) {
  constexpr int kAtOnce = 256;
  for (int i = 0; i < kAtOnce; ++i) {
    siginfo_t child{};
    int result = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT);
    if (result < 0 || child.si_pid == 0) return false;
    if (on_ended(child.si_pid)) continue;
    waitpid(child.si_pid, nullptr, 0);
    before_.erase(child.si_pid);
  }
  return true;
}

bool Descendants::end_all(Clock::time_point deadline, const OnEnded& on_ended) {
  // A process that is killed leaves its children to this one: they are killed in the next turn.
  while (kill_children()) {
    reap(on_ended);
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool Descendants::kill_children() const {
  bool any = false;
  for (pid_t child : children()) {
    if (before_.contains(child)) continue;
    any = true;
    // No other process can have the number of a child that was not reaped.
    kill(child, SIGKILL);
  }
  return any;
}

std::vector<pid_t> Descendants::children() const {
  std::array<char, 16384> bytes;
  ssize_t size = pread(children_.get(), bytes.data(), bytes.size(), 0);
  std::string_view text(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
  std::vector<pid_t> pids;
  // A space follows each number, and tells that it is whole.
  for (size_t end; (end = text.find(' ')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + end, pid);
    if (pid > 0) pids.push_back(pid);
  }
  return pids;
}

}  // namespace vm_control::vmhost
