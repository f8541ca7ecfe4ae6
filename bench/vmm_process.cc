// SPDX-License-Identifier: BSD-3-Clause
#include "bench/vmm_process.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "bench/kvm_filter.h"
#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(60'000);

Result<VmmProcess::Time> read_clock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) < 0) return fail_errno("read a CPU clock");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Whether each thread of the process waits for something. Source: proc(5), stat.
bool all_threads_sleep(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task", error);
  for (const auto& thread : threads) {
    std::ifstream file(thread.path() / "stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    // The name, in parentheses, may have anything in it.
    size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos || text[name_end + 2] != 'S') return false;
  }
  return !error;
}

// In the new process: becomes the program, after it has sent its descriptor of calls, and the CPU
// time that it has taken so far, to `parent`.
Result<void> become(std::vector<std::string>& command, int parent) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return fail_errno("open", "/dev/null");
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& each : command) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  UniqueFd calls = TRY(stop_at_kvm_calls());
  VmmProcess::Time time = TRY(read_clock(CLOCK_PROCESS_CPUTIME_ID));
  TRY(send_message(parent, std::as_bytes(std::span(&time, 1)), calls.get(), 0));
  execvp(arguments.front(), arguments.data());
  return fail_errno("start", command.front());
}

}  // namespace

Result<VmmProcess> VmmProcess::start(std::vector<std::string> command) {
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  pid_t pid = fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) {
    auto failed = become(command, theirs.get());
    std::fprintf(stderr, "cannot %s\n", failed.error().message().c_str());
    _exit(127);
  }
  theirs.reset();
  Time before{};
  auto received = receive_message(ours.get(), std::as_writable_bytes(std::span(&before, 1)), 0);
  if (!received || !received->fd) {
    waitpid(pid, nullptr, 0);
    return fail(ECHILD, "start", command.front());
  }
  // Linux 6.1 tells the end of the filter's last process only when it has been waited for.
  UniqueFd end(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  VmmProcess vmm(pid, std::move(received->fd), std::move(end), before);
  if (!vmm.end_) return fail_errno("watch a process");
  return vmm;
}

VmmProcess::VmmProcess(VmmProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      calls_(std::move(other.calls_)),
      end_(std::move(other.end_)),
      before_(other.before_),
      entering_(other.entering_),
      slots_(std::move(other.slots_)) {}

VmmProcess::~VmmProcess() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  if (entering_) ignore(let_go_on(*entering_), "it may have ended");
  if (has_ended_within(kPatience)) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

// Lets its vCPUs run meanwhile, as they have to see that they shall stop.
bool VmmProcess::has_ended_within(milliseconds patience) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    pollfd waits{.fd = calls_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waits, 1, 1) == 0 || !(waits.revents & POLLIN)) continue;
    auto call = next_call();
    if (call) ignore(let_go_on(call->id), "it may have ended");
  }
  return true;
}

Result<void> VmmProcess::wait_for_guest() {
  for (;;) {
    Call call = TRY(next_call());
    if (call.request == KVM_RUN) {
      entering_ = call.id;
      return {};
    }
    TRY(note_slot(call.argument));
    TRY(let_go_on(call.id));
  }
}

Result<void> VmmProcess::wait_for_rest() {
  constexpr milliseconds kPause(10);
  Time time = TRY(cpu_time());
  for (milliseconds waited(0); waited < kPatience; waited += kPause) {
    std::this_thread::sleep_for(kPause);
    bool same = std::exchange(time, TRY(cpu_time())) == time;
    if (same && all_threads_sleep(pid_)) return {};
  }
  return fail(ETIMEDOUT, "wait until a process is idle");
}

Result<VmmProcess::Time> VmmProcess::cpu_time() const {
  clockid_t clock;
  if (int error = clock_getcpuclockid(pid_, &clock)) return fail(error, "find a CPU clock");
  return TRY(read_clock(clock)) - before_;
}

Result<MemoryUsage> VmmProcess::memory() const {
  std::string path = "/proc/" + std::to_string(pid_) + "/smaps";
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return fail(EIO, "read", path);
  std::vector<HostRange> guest;
  for (const auto& [slot, range] : slots_) guest.push_back(range);
  return memory_beyond_guest(text, guest);
}

Result<VmmProcess::Call> VmmProcess::next_call() {
  constexpr const char* kAction = "wait for the guest of a process";
  pollfd waits[] = {{.fd = calls_.get(), .events = POLLIN, .revents = 0},
                    {.fd = end_.get(), .events = POLLIN, .revents = 0}};
  int ready = poll(waits, std::size(waits), static_cast<int>(kPatience.count()));
  if (ready < 0) return fail_errno(kAction);
  if (ready == 0) return fail(ETIMEDOUT, kAction);
  if (!(waits[0].revents & POLLIN)) return fail(ECHILD, kAction, "that has ended");
  seccomp_notif call{};
  if (ioctl(calls_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return fail_errno(kAction);
  return Call{.id = call.id, .request = call.data.args[1], .argument = call.data.args[2]};
}

Result<void> VmmProcess::note_slot(uint64_t address) {
  kvm_userspace_memory_region slot{};
  iovec here{.iov_base = &slot, .iov_len = sizeof(slot)};
  // An address of the other process.
  void* remote = reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
  iovec there{.iov_base = remote, .iov_len = sizeof(slot)};
  if (process_vm_readv(pid_, &here, 1, &there, 1, 0) != sizeof(slot)) {
    return fail_errno("read what a process tells KVM");
  }
  slots_[slot.slot] = {slot.userspace_addr, slot.userspace_addr + slot.memory_size};
  return {};
}

Result<void> VmmProcess::let_go_on(uint64_t id) {
  seccomp_notif_resp response{
      .id = id, .val = 0, .error = 0, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  if (ioctl(calls_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) < 0) {
    return fail_errno("let a process call KVM");
  }
  return {};
}

}  // namespace vm_control::bench
