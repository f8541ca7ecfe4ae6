// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmhost {
namespace {

constexpr int kConnection = 3;
constexpr const char* kVariable = "VM_CONTROL_FD=3";

// The descriptors of the child: of the VM's own, only standard output and error stay open.
class FileActions {
 public:
  explicit FileActions(int connection) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, connection, kConnection);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kConnection + 1);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// Gives the child a process group of its own, and signals that are neither ignored nor blocked.
class Attributes {
 public:
  Attributes() {
    sigset_t signals;
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
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

std::string describe(const siginfo_t& ending) {
  if (ending.si_code == CLD_EXITED) return "exited with status " + std::to_string(ending.si_status);
  const char* name = sigdescr_np(ending.si_status);
  return "was killed by signal " + std::to_string(ending.si_status) +
         (name ? " (" + std::string(name) + ")" : "");
}

}  // namespace

Result<DeviceProcess> DeviceProcess::start(const DeviceSpec& spec, int connection) {
  pid_t pid = 0;
  int error =
      posix_spawnp(&pid, spec.command[0].c_str(), FileActions(connection).get(), Attributes().get(),
                   pointers_to(spec.command).data(), environment().data());
  if (error != 0) return fail(error, "start the device", spec.name + ": " + spec.command[0]);
  DeviceProcess device(spec.name, pid, UniqueFd());
  device.ended_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!device.ended_) return fail_errno("watch the device", spec.name);
  return device;
}

DeviceProcess::~DeviceProcess() {
  kill();
  take_ending();
}

DeviceProcess::DeviceProcess(DeviceProcess&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, 0)),
      ended_(std::move(other.ended_)) {}

void DeviceProcess::terminate() {
  if (pid_ != 0) ::kill(-pid_, SIGTERM);
}

void DeviceProcess::kill() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  // The wait is bounded: a process that hangs in the kernel must not hold up the VM.
  wait_until_ended(Clock::now() + std::chrono::seconds(1));
}

bool DeviceProcess::wait_until_ended(Clock::time_point deadline) const {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd ended{.fd = ended_.get(), .events = POLLIN, .revents = 0};
  return poll(&ended, 1, static_cast<int>(std::max<int64_t>(0, left.count()))) == 1;
}

std::optional<std::string> DeviceProcess::take_ending() {
  if (pid_ == 0) return std::nullopt;
  siginfo_t ending{};
  auto id = static_cast<id_t>(pid_);
  if (waitid(P_PID, id, &ending, WEXITED | WNOHANG | WNOWAIT) < 0 || ending.si_pid == 0) {
    return std::nullopt;
  }
  // Before the process is reaped, no other process group can have its number.
  ::kill(-pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), nullptr, 0);
  return describe(ending);
}

}  // namespace vm_control::vmhost
