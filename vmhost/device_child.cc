// SPDX-License-Identifier: BSD-3-Clause
// Between fork() and its program, the child makes system calls only: another thread of the parent
// might have held the lock of malloc, which nobody releases in the child.
#include "vmhost/device_child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <string_view>
#include <utility>
#include <vector>

#include "vm_control/base/pipe.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmhost {
namespace {

constexpr const char* kStart = "start the device";
constexpr const char* kVariable = "VM_CONTROL_FD=3";

// The child needs this, and it is made before the child is.
struct Child {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::array<int, 4> descriptors;  // those that become 0 to 3
  std::optional<uid_t> uid;
  pid_t parent;
};

// The child reports this if it can't become the program; the pipe closes if it can.
struct Failure {
  int code;
  bool is_of_user;
};

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The VM's environment, and the variable that names the connection.
std::vector<char*> environment() {
  constexpr std::string_view kName = "VM_CONTROL_FD=";
  std::vector<char*> variables{const_cast<char*>(kVariable)};
  for (char** each = environ; *each; ++each) {
    if (!std::string_view(*each).starts_with(kName)) variables.push_back(*each);
  }
  variables.push_back(nullptr);
  return variables;
}

// ---- in the child -----------------------------------------------------------------------------

// Makes the child's descriptors 0 to 3 out of `descriptors`, any of which may have one of these
// numbers itself. The others, `report` too, close as the program starts.
bool arrange_descriptors(std::array<int, 4> descriptors, int& report) {
  constexpr int kFirst = 4;
  report = fcntl(report, F_DUPFD_CLOEXEC, kFirst);
  for (int& each : descriptors) each = fcntl(each, F_DUPFD_CLOEXEC, kFirst);
  for (int number = 0; number < kFirst; ++number) {
    if (dup2(descriptors[static_cast<size_t>(number)], number) < 0) return false;
  }
  return close_range(kFirst, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0;
}

bool become_user(uid_t uid) {
  return setgroups(0, nullptr) == 0 && setresgid(uid, uid, uid) == 0 &&
         setresuid(uid, uid, uid) == 0;
}

// The kernel kills the child as its parent ends. It forgets that when the child changes its user,
// and has nothing to tell if the parent ended before.
bool end_with(pid_t parent) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

// Leaves no signal ignored or blocked: a program expects that.
void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void report_failure(int report, Failure failure) {
  // The parent takes a child that reports nothing for a program that runs, and sees it end.
  [[maybe_unused]] ssize_t written = write(report, &failure, sizeof failure);
  _exit(127);
}

[[noreturn]] void become(const Child& child, int report) {
  // A session of its own has no controlling terminal.
  if (setsid() < 0 || !arrange_descriptors(child.descriptors, report)) {
    report_failure(report, {.code = errno, .is_of_user = false});
  }
  if (child.uid && !become_user(*child.uid)) {
    report_failure(report, {.code = errno, .is_of_user = true});
  }
  if (!end_with(child.parent)) _exit(127);
  reset_signals();
  execvpe(child.arguments[0], child.arguments.data(), child.environment.data());
  report_failure(report, {.code = errno, .is_of_user = false});
}

}  // namespace

Result<pid_t> start_device_child(const DeviceSpec& spec, const DeviceDescriptors& descriptors) {
  UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return fail_errno("open", "/dev/null");
  auto report = Pipe::create();
  if (!report) return fail(report.error().code(), kStart, spec.name);
  Child child{
      .arguments = pointers_to(spec.command),
      .environment = environment(),
      .descriptors = {null.get(), descriptors.output, descriptors.output, descriptors.connection},
      .uid = spec.uid,
      .parent = getpid()};
  pid_t pid = fork();
  if (pid < 0) return fail_errno(kStart, spec.name);
  if (pid == 0) become(child, report->writer.get());
  report->writer.reset();
  Failure failure;
  if (read(report->reader.get(), &failure, sizeof failure) != sizeof failure) return pid;
  waitpid(pid, nullptr, 0);
  if (!failure.is_of_user) return fail(failure.code, kStart, spec.name + ": " + spec.command[0]);
  return fail(failure.code, kStart, spec.name + " as user " + std::to_string(*spec.uid));
}

}  // namespace vm_control::vmhost
