// SPDX-License-Identifier: BSD-3-Clause
// A program that calls KVM as a VMM does. It has none: its calls fail. For tests of VmmProcess.
//
// usage: fake_vmm [hidden | late | busy]
//
// It makes 32 MiB of memory resident, and tells KVM that they are the guest's, unless it is
// `hidden`. If it is `busy`, it works for 0.3 s of CPU time before it runs its guest; `late`: in
// another thread, while the guest runs.
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace {

void work() {
  auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  };
  auto end = now() + 300'000'000;
  while (now() < end) {
  }
}

}  // namespace

int main(int, char** argv) {
  std::string how = argv[1] ? argv[1] : "";
  std::vector<char> ram(32 << 20, 'x');
  kvm_userspace_memory_region slot{.slot = 0,
                                   .flags = 0,
                                   .guest_phys_addr = 0,
                                   .memory_size = ram.size(),
                                   .userspace_addr = reinterpret_cast<uintptr_t>(ram.data())};
  if (how != "hidden") ioctl(-1, KVM_SET_USER_MEMORY_REGION, &slot);
  if (how == "busy") work();
  std::thread worker([&how] {
    if (how == "late") work();
  });
  for (int i = 0; i < 3; ++i) ioctl(-1, KVM_RUN, 0);
  worker.join();
}
