// SPDX-License-Identifier: BSD-3-Clause
// vmctl as a process, with a runtime directory of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/command_line/test_process.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/kvm/kvm.h"

namespace vm_control {

class VmctlTest : public testing::Test {
 protected:
  using Arguments = std::vector<std::string>;
  using Json = nlohmann::json;

  VmctlTest() { setenv("XDG_RUNTIME_DIR", directory_.c_str(), 1); }
  ~VmctlTest() override { unsetenv("XDG_RUNTIME_DIR"); }

  // A path in the test's directory.
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  // Where the VM `name` is served.
  std::string socket_of(const std::string& name) const {
    return path("vm_control/" + name + ".sock");
  }

  static std::unique_ptr<Process> start(const Arguments& arguments,
                                        Process::Stdio stdio = Process::Stdio::kPipes) {
    Arguments command{VMCTL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<Process>(command, stdio);
  }

  // Runs it to its end.
  static Process::Result vmctl(const Arguments& arguments) {
    auto process = start(arguments);
    process->close_input();
    return process->finish();
  }

  // The objects that it prints, one a line. What is none fails the test.
  static std::vector<Json> json(Arguments arguments) {
    arguments.insert(arguments.begin(), "--json");
    Process::Result result = vmctl(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    std::vector<Json> objects;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      objects.push_back(Json::parse(line, nullptr, false));
      EXPECT_TRUE(objects.back().is_object()) << line;
    }
    return objects;
  }

  // The names of an object's members, in their order.
  static std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
  }

  TestDirectory temporary_;
  std::string directory_ = temporary_.path();
};

// Skips where there is no KVM to run VMs with.
class VmctlRunTest : public VmctlTest {
 protected:
  void SetUp() override {
    auto kvm = kvm::Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
  }

  // Starts a VM, and waits until it is served.
  static std::unique_ptr<Process> run(Arguments options,
                                      Process::Stdio stdio = Process::Stdio::kPipes) {
    options.insert(options.begin(), {"run", "--memory", "4M"});
    auto vm = start(options, stdio);
    if (stdio == Process::Stdio::kTerminal) {
      EXPECT_TRUE(vm->writes("serving "));
    } else {
      EXPECT_TRUE(vm->writes_error("serving "));
    }
    return vm;
  }
};

// Whether it ended with `status`, said `message` on standard error, and printed no result.
inline testing::AssertionResult failed_with(const Process::Result& result, int status,
                                            const std::string& message) {
  if (result.status == status && result.err.find(message) != std::string::npos &&
      result.out.empty()) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "expected status " << status << " and: " << message << "\nbut it ended with status "
         << result.status << ", out: " << result.out << "\nerr: " << result.err;
}

inline mode_t mode_of(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? status.st_mode & mode_t{07777} : ~mode_t{0};
}

}  // namespace vm_control
