// SPDX-License-Identifier: BSD-3-Clause
// vmctl run where nobody takes its log: the VM answers, and ends when it is asked to.
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/client/client.h"

namespace vm_control {
namespace {

class RunLog : public VmctlRunTest {
 protected:
  // Starts a VM that refuses requests at the socket "denying", and whose standard error is `file`.
  std::unique_ptr<Process> start_vm(const std::string& file) {
    auto vm = start_shell("exec $vmctl run --memory 4M --serial none --name vm --socket '" +
                          path("denying") + ",allow=none' 2>'" + file + "'");
    EXPECT_TRUE(comes_true([this] { return Client::connect(path("denying")).has_value(); }));
    return vm;
  }

  // Has the VM log as many refusals as it logs at once.
  void flood() {
    for (int i = 0; i < 40; ++i) {
      auto client = Client::connect(path("denying"));
      ASSERT_TRUE(client);
      for (int j = 0; j < 5; ++j) EXPECT_FALSE(client->status());
    }
  }

  // Whether the VM answers and obeys.
  static void expect_lively(Process& vm) {
    Process::Result status = vmctl({"status", "vm"});
    EXPECT_EQ(status.status, 0) << status.err;
    vm.signal(SIGTERM);
    EXPECT_EQ(vm.finish().status, 0);
  }
};

TEST_F(RunLog, IntoAPipeThatNobodyReadsKeepsNobodyWaiting) {
  UniqueFd pipe = make_full_fifo(path("fifo"));
  auto vm = start_vm(path("fifo"));
  flood();
  expect_lively(*vm);
  EXPECT_FALSE(exists(path("denying")));
}

TEST_F(RunLog, OnAFullDiskKeepsNobodyWaiting) {
  auto vm = start_vm("/dev/full");
  flood();
  expect_lively(*vm);
}

TEST_F(RunLog, ToATerminalThatWasStoppedKeepsNobodyWaiting) {
  auto vm = run({"--serial", "none", "--name", "vm", "--socket", path("denying") + ",allow=none"},
                Process::Stdio::kTerminal);
  ASSERT_EQ(tcflow(vm->terminal(), TCOOFF), 0);
  flood();
  expect_lively(*vm);
}

TEST_F(RunLog, GoesOnWhenItsReaderDoes) {
  UniqueFd pipe = make_full_fifo(path("fifo"));
  auto vm = start_vm(path("fifo"));
  flood();
  vm->signal(SIGTERM);
  std::string text;
  EXPECT_TRUE(comes_true([&] {
    char buffer[4096];
    ssize_t size = read(pipe.get(), buffer, sizeof buffer);
    if (size > 0) text.append(buffer, static_cast<size_t>(size));
    return text.find("vmctl: the machine was asked to stop\n") != std::string::npos;
  })) << text;
  EXPECT_NE(text.find("(seqpacket)\n"), std::string::npos) << text;
  EXPECT_EQ(vm->finish().status, 0);
}

}  // namespace
}  // namespace vm_control
