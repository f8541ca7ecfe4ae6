// SPDX-License-Identifier: BSD-3-Clause
// vmctl run on a terminal: raw while it runs, and put back however it ends.
#include <termios.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/command_line/test_process.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class Terminal : public VmctlRunTest {
 protected:
  using Flags = std::vector<tcflag_t>;

  void SetUp() override {
    VmctlRunTest::SetUp();
    if (IsSkipped()) return;
    vm_ = run({"--socket", path("vm")}, Process::Stdio::kTerminal);
    ASSERT_TRUE(vm_->writes("Ctrl-A x ends the VM"));
    ASSERT_TRUE(becomes_raw());
    ASSERT_TRUE(vm_->writes("\r\n> "));
  }

  Flags flags() const {
    termios state{};
    EXPECT_EQ(tcgetattr(vm_->terminal(), &state), 0);
    return {state.c_iflag, state.c_oflag, state.c_cflag, state.c_lflag};
  }

  bool becomes_raw() const {
    termios state{};
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      if (tcgetattr(vm_->terminal(), &state) < 0) return false;
      if (!(state.c_lflag & (ICANON | ECHO | ISIG)) && !(state.c_oflag & OPOST)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  // The state that every new terminal has.
  static Flags fresh() {
    Process other({"/bin/true"}, Process::Stdio::kTerminal);
    termios state{};
    EXPECT_EQ(tcgetattr(other.terminal(), &state), 0);
    return {state.c_iflag, state.c_oflag, state.c_cflag, state.c_lflag};
  }

  std::unique_ptr<Process> vm_;
};

TEST_F(Terminal, IsTheGuestsSerialPort) {
  EXPECT_NE(flags(), fresh());
  vm_->type("poke 0x200000 1\r");
  EXPECT_TRUE(vm_->writes("\r\nok\r\n"));
  vm_->type("\3");  // Ctrl-C goes to the guest, as any other key
  vm_->type("peek 0x90000000\r");
  EXPECT_TRUE(vm_->writes("0x90000000: 0x00000000"));
  vm_->type("halt\r");
  EXPECT_EQ(vm_->finish().status, 0);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, CtrlAXEndsTheVm) {
  vm_->type("\1");
  vm_->type("x");
  EXPECT_EQ(vm_->finish().status, 0);
  EXPECT_EQ(flags(), fresh());
  EXPECT_FALSE(exists(path("vm")));
}

TEST_F(Terminal, IsPutBackAfterAStopFromElsewhere) {
  EXPECT_EQ(vmctl({"stop", path("vm")}).status, 0);
  EXPECT_EQ(vm_->finish().status, 0);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, IsPutBackAfterSigterm) {
  vm_->signal(SIGTERM);
  EXPECT_EQ(vm_->finish().status, 0);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, IsPutBackAfterASignalThatKills) {
  vm_->signal(SIGQUIT);
  EXPECT_EQ(vm_->finish().status, 128 + SIGQUIT);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, IsPutBackAfterASignalThatNobodyExpects) {
  vm_->signal(SIGUSR1);
  EXPECT_EQ(vm_->finish().status, 128 + SIGUSR1);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, IsRawAgainAfterTheVmWasStopped) {
  vm_->signal(SIGTSTP);
  ASSERT_TRUE(comes_true([this] { return flags() == fresh(); }));
  vm_->signal(SIGCONT);
  EXPECT_TRUE(becomes_raw());
  vm_->type("halt\r");
  EXPECT_EQ(vm_->finish().status, 0);
  EXPECT_EQ(flags(), fresh());
}

TEST_F(Terminal, TakesAllThatIsPasted) {
  constexpr int kMany = 60;  // the port holds less, though the guest ignores most of it
  vm_->set_patience(std::chrono::seconds(120));
  for (int i = 0; i < kMany; ++i) vm_->type(std::string(80, '\2') + "poke 0x200000 1\r");
  vm_->type("halt\r");
  Process::Result result = vm_->finish();
  int answers = 0;
  for (size_t at = 0; (at = result.out.find("\r\nok\r\n", at)) != std::string::npos; ++at)
    ++answers;
  EXPECT_EQ(answers, kMany);
}

class TerminalOfAShell : public VmctlRunTest {};

TEST_F(TerminalOfAShell, IsTheVmsOnceItsJobIsInTheForeground) {
  auto shell =
      start_shell("set -m; $vmctl run --memory 4M --socket '" + path("vm") + "' & read line; fg",
                  Process::Stdio::kTerminal);
  ASSERT_TRUE(shell->writes("when this job is in the foreground"));
  termios state{};
  ASSERT_EQ(tcgetattr(shell->terminal(), &state), 0);
  EXPECT_TRUE(state.c_lflag & ICANON);
  shell->type("\n");
  ASSERT_TRUE(comes_true(
      [&] { return tcgetattr(shell->terminal(), &state) == 0 && !(state.c_lflag & ICANON); }));
  shell->type("halt\r");
  EXPECT_TRUE(shell->writes("goodbye"));
  EXPECT_EQ(shell->finish().status, 0);
}

}  // namespace
}  // namespace vm_control
