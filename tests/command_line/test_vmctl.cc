// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_vmctl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "vm_control/kvm/kvm.h"
#include "vmctl/cli/resident_memory.h"

namespace vm_control {

VmctlTest::VmctlTest() {
  setenv("XDG_RUNTIME_DIR", directory_.c_str(), 1);
}

VmctlTest::~VmctlTest() {
  unsetenv("XDG_RUNTIME_DIR");
}

std::string VmctlTest::program() {
  const char* other = std::getenv("VM_CONTROL_VMCTL");
  return other ? other : VMCTL;
}

std::unique_ptr<Process> VmctlTest::start(const Arguments& arguments, Process::Stdio stdio) {
  Arguments command{program()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(command, stdio);
}

std::unique_ptr<Process> VmctlTest::start_shell(const std::string& script, Process::Stdio stdio) {
  Arguments command{"/bin/sh", "-c", "vmctl='" + program() + "'; " + script};
  return std::make_unique<Process>(command, stdio);
}

Process::Result VmctlTest::vmctl(const Arguments& arguments, Process::Stdio stdio) {
  auto process = start(arguments, stdio);
  process->close_input();
  return process->finish();
}

std::vector<Json> VmctlTest::json(Arguments arguments) {
  arguments.insert(arguments.begin(), "--json");
  Process::Result result = vmctl(arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  return parse_json_lines(result.out);
}

void VmctlRunTest::SetUp() {
  auto kvm = kvm::Kvm::open();
  if (!kvm) GTEST_SKIP() << kvm.error().message();
}

std::unique_ptr<Process> VmctlRunTest::run(Arguments options, Process::Stdio stdio) {
  if (std::ranges::find(options, "--memory") == options.end()) {
    options.insert(options.begin(), {"--memory", "4M"});
  }
  options.insert(options.begin(), "run");
  auto vm = start(options, stdio);
  if (stdio == Process::Stdio::kTerminal) {
    EXPECT_TRUE(vm->writes("serving "));
  } else {
    EXPECT_TRUE(vm->writes_error("serving "));
  }
  return vm;
}

testing::AssertionResult failed_with(const Process::Result& result, int status,
                                     const std::string& message) {
  if (result.status == status && result.err.find(message) != std::string::npos &&
      result.out.empty()) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "expected status " << status << " and: " << message << "\nbut it ended with status "
         << result.status << ", out: " << result.out << "\nerr: " << result.err;
}

uint64_t resident_bytes(pid_t pid) {
  auto bytes = vmctl::find_resident_memory(read_file("/proc/" + std::to_string(pid) + "/status"));
  EXPECT_TRUE(bytes) << "process " << pid << " tells of no memory";
  return bytes.value_or(0);
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? status.st_mode & mode_t{07777} : ~mode_t{0};
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

UniqueFd make_full_fifo(const std::string& path) {
  EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  while (write(fifo.get(), "x", 1) == 1) {
  }
  return fifo;
}

}  // namespace vm_control
