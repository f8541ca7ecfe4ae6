// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/test_job.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <string>

#include "vm_control/base/pipe.h"
#include "vm_control/base/test_process_state.h"
#include "vm_control/base/test_wait.h"

namespace vm_control::vmctl {
namespace {

constexpr std::chrono::seconds kPatienceWithTheJob(10);

}  // namespace

TestJob::TestJob(const std::function<void()>& job) {
  auto orders = *Pipe::create();
  auto reports = *Pipe::create();
  int controller = -1;
  int terminal = -1;
  EXPECT_EQ(openpty(&controller, &terminal, nullptr, nullptr, nullptr), 0);
  controller_ = UniqueFd(controller);
  terminal_ = UniqueFd(terminal);
  tcgetattr(terminal, &fresh_);
  shell_ = fork();
  if (shell_ == 0) be_shell(job, orders.reader, reports.writer);
  orders_ = std::move(orders.writer);
  reports_ = std::move(reports.reader);
  EXPECT_EQ(read(reports_.get(), &job_, sizeof job_), static_cast<ssize_t>(sizeof job_));
}

TestJob::~TestJob() {
  if (job_ > 0) kill(job_, SIGKILL);
  kill(shell_, SIGKILL);
  waitpid(shell_, nullptr, 0);
}

void TestJob::be_shell(const std::function<void()>& job, const UniqueFd& orders,
                       const UniqueFd& reports) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (login_tty(dup(terminal_.get())) < 0) _exit(126);
  std::signal(SIGTTOU, SIG_IGN);
  pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGTTOU, SIG_DFL);
    job();
    _exit(0);
  }
  setpgid(pid, pid);
  if (write(reports.get(), &pid, sizeof pid) < 0) _exit(1);
  // Until the test waits for the end of the job.
  for (char order = 0; read(orders.get(), &order, 1) == 1 && order != 'w';) {
    tcsetpgrp(kTerminal, order == 'f' ? pid : getpgrp());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  _exit(write(reports.get(), &signal, sizeof signal) < 0);
}

void TestJob::tell(char order) const {
  EXPECT_EQ(write(orders_.get(), &order, 1), 1);
}

void TestJob::move(char order, pid_t foreground) const {
  tell(order);
  EXPECT_TRUE(
      comes_true([&] { return tcgetpgrp(controller_.get()) == foreground; }, kPatienceWithTheJob));
}

void TestJob::type(const char* keys) const {
  auto size = static_cast<ssize_t>(std::strlen(keys));
  EXPECT_EQ(write(controller_.get(), keys, static_cast<size_t>(size)), size);
}

void TestJob::signal(int number) const {
  EXPECT_EQ(kill(job_, number), 0);
}

bool TestJob::becomes_raw(bool raw) const {
  return comes_true(
      [&] {
        termios state{};
        EXPECT_EQ(tcgetattr(terminal_.get(), &state), 0);
        return !(state.c_lflag & (ICANON | ISIG)) == raw;
      },
      kPatienceWithTheJob);
}

bool TestJob::becomes_stopped() const {
  std::string job = "/proc/" + std::to_string(job_);
  return comes_true([&] { return process_state(job) == 'T'; }, kPatienceWithTheJob);
}

int TestJob::wait() {
  tell('w');
  int signal = -1;
  EXPECT_EQ(read(reports_.get(), &signal, sizeof signal), static_cast<ssize_t>(sizeof signal));
  job_ = 0;
  return signal;
}

}  // namespace vm_control::vmctl
