// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_process.h"

#include <poll.h>
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

std::string describe(const siginfo_t& ending) {
  if (ending.si_code == CLD_EXITED) return "exited with status " + std::to_string(ending.si_status);
  const char* name = sigdescr_np(ending.si_status);
  return "was killed by signal " + std::to_string(ending.si_status) +
         (name ? " (" + std::string(name) + ")" : "");
}

}  // namespace

Result<DeviceProcess> DeviceProcess::start(const DeviceSpec& spec,
                                           const DeviceDescriptors& descriptors) {
  pid_t pid = TRY(start_device_child(spec, descriptors));
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
