// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <csignal>
#include <utility>

namespace vm_control {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTurnMs = 100;

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd duplicate(const UniqueFd& fd) {
  return *UniqueFd::duplicate(fd.get());
}

// Appends what can be read from `fd` to `text`; closes `fd` at its end.
void take(UniqueFd& fd, std::string& text) {
  std::array<char, 4096> buffer;
  ssize_t size = read(fd.get(), buffer.data(), buffer.size());
  if (size > 0) {
    text.append(buffer.data(), static_cast<size_t>(size));
  } else {
    fd.reset();
  }
}

}  // namespace

Process::Process(const std::vector<std::string>& command, Stdio stdio) {
  std::signal(SIGPIPE, SIG_IGN);
  UniqueFd theirs[3];
  if (stdio == Stdio::kTerminal) {
    int controller = -1;
    int terminal = -1;
    EXPECT_EQ(openpty(&controller, &terminal, nullptr, nullptr, nullptr), 0);
    for (int fd : {controller, terminal}) fcntl(fd, F_SETFD, FD_CLOEXEC);
    output_ = UniqueFd(controller);
    input_ = duplicate(output_);
    terminal_ = UniqueFd(terminal);  // stays open, for its state at the end
  } else {
    std::tie(theirs[0], input_) = make_pipe();
    std::tie(output_, theirs[1]) = make_pipe();
    std::tie(error_, theirs[2]) = make_pipe();
    if (stdio == Stdio::kFullOutput) theirs[1] = UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC));
    if (stdio == Stdio::kUnreadOutput) output_.reset();
    if (stdio == Stdio::kFullErrors) theirs[2] = UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC));
  }
  pid_ = fork();
  if (pid_ == 0) execute(command, theirs);
  EXPECT_GT(pid_, 0);
  ended_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  EXPECT_TRUE(ended_);
}

// Runs in the child, and ends it if anything fails.
void Process::execute(const std::vector<std::string>& command, const UniqueFd stdio[3]) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (terminal_) {
    if (login_tty(fcntl(terminal_.get(), F_DUPFD, 3)) < 0) _exit(126);
  } else {
    for (int i = 0; i < 3; ++i) dup2(stdio[i].get(), i);
  }
  std::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Process::~Process() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::type(const std::string& text) {
  EXPECT_EQ(write(input_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()))
      << "nobody reads: " << text;
}

void Process::signal(int number) const {
  ASSERT_GT(pid_, 0) << "it has ended";
  EXPECT_EQ(kill(pid_, number), 0);
}

// Returns whether output came, or its end.
bool Process::read_some(int timeout_ms) {
  pollfd entries[] = {{.fd = output_ ? output_.get() : -1, .events = POLLIN, .revents = 0},
                      {.fd = error_ ? error_.get() : -1, .events = POLLIN, .revents = 0}};
  if (poll(entries, 2, timeout_ms) <= 0) return false;
  if (entries[0].revents) take(output_, out_);
  if (entries[1].revents) take(error_, err_);
  return true;
}

bool Process::reads_until(const std::string& text, const std::string& stream) {
  auto deadline = Clock::now() + patience_;
  while (stream.find(text) == std::string::npos) {
    if (Clock::now() > deadline || (!output_ && !error_)) return false;
    read_some(kTurnMs);
  }
  return true;
}

bool Process::fails_to(const std::string& text) const {
  ADD_FAILURE() << "it did not write: " << text << "\nbut: " << out_ << "\nerrors: " << err_;
  return false;
}

Process::Result Process::finish() {
  auto deadline = Clock::now() + patience_;
  pollfd ended{.fd = ended_.get(), .events = POLLIN, .revents = 0};
  // Reads meanwhile, since the program may wait for its output to be read.
  while (poll(&ended, 1, 0) == 0 && Clock::now() < deadline) read_some(10);
  if (poll(&ended, 1, 0) == 0) {
    ADD_FAILURE() << "it does not end; it wrote: " << out_ << "\nerrors: " << err_;
    kill(pid_, SIGKILL);
  }
  int status = 0;
  rusage used{};
  wait4(std::exchange(pid_, -1), &status, 0, &used);
  while (read_some(0)) {
  }
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = out_,
          .err = err_,
          .peak_bytes = static_cast<uint64_t>(used.ru_maxrss) * 1024};
}

}  // namespace vm_control
