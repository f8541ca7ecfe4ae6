// SPDX-License-Identifier: BSD-3-Clause
#include "tests/linux/test_linux.h"

#include <algorithm>
#include <cstdlib>

#include "vm_control/kvm/kvm.h"
#include "vmm/boot/long_mode_support.h"

namespace vm_control {

void LinuxTest::SetUp() {
  const char* directory = std::getenv("VM_CONTROL_LINUX_GUEST");
  if (!directory) GTEST_SKIP() << "VM_CONTROL_LINUX_GUEST names no guest: './dev linux' makes one";
  guest_directory_ = directory;
  auto kvm = kvm::Kvm::open();
  if (!kvm) GTEST_SKIP() << kvm.error().message();
  auto support = vmm::check_long_mode(*kvm->supported_cpuid());
  if (!support) GTEST_SKIP() << support.error().message();
}

bool LinuxTest::begin_boot(Arguments options) {
  Arguments all{"run",
                "--name",
                "linux",
                "--kernel",
                guest_directory_ + "/vmlinuz",
                "--initrd",
                guest_directory_ + "/initrd",
                "--append",
                "quiet vm_control.answer=42"};
  all.insert(all.end(), options.begin(), options.end());
  vm_ = start(all);
  // An emulated machine takes its time.
  vm_->set_patience(std::chrono::seconds(120));
  if (!vm_->writes_error("serving ")) return false;
  pid_ = static_cast<pid_t>(json({"status", "linux"}).at(0)["pid"].number());
  return true;
}

// The shell echoes what is typed. So the marks around the output are sums there, not their results.
std::string LinuxTest::guest(const std::string& command) {
  std::string index = std::to_string(++commands_);
  std::string sum = "$((" + index + "+0))";
  std::string begin = "<" + index + "<\r\n";
  std::string end = ">" + index + ">";
  vm_->type("echo \"<" + sum + "<\"; " + command + "; echo \">" + sum + ">\"\n");
  if (!vm_->writes(end)) return {};
  const std::string& text = vm_->out();
  size_t first = text.rfind(begin) + begin.size();
  std::string printed = text.substr(first, text.rfind(end) - first);
  std::erase(printed, '\r');
  return printed;
}

uint64_t LinuxTest::number(const std::string& command) {
  return std::strtoull(guest(command).c_str(), nullptr, 0);
}

}  // namespace vm_control
