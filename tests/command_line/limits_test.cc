// SPDX-License-Identifier: BSD-3-Clause
// A VM whose process has used up what the system grants it.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/client/client.h"

namespace vm_control {
namespace {

class Limits : public VmctlRunTest {
 protected:
  static pid_t pid_of(const std::string& vm) {
    return static_cast<pid_t>(json({"status", vm})[0]["pid"].number());
  }
  static PrintedValue state_of(const std::string& vm) { return json({"status", vm})[0]["state"]; }

  // Lowers a limit of a running VM.
  static void limit(const std::string& vm, __rlimit_resource resource, rlim_t value) {
    const rlimit low{.rlim_cur = value, .rlim_max = value};
    EXPECT_EQ(prlimit(pid_of(vm), resource, &low, nullptr), 0);
  }
};

TEST_F(Limits, AVmPausesAndStopsWhileTheQueueOfSignalsIsFull) {
  auto vm = run({"--serial", "none", "--cpus", "2"});
  limit("vm", RLIMIT_SIGPENDING, 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(vmctl({"pause", "vm"}).status, 0);
    EXPECT_EQ(state_of("vm"), "paused");
    ASSERT_EQ(vmctl({"resume", "vm"}).status, 0);
  }
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Limits, AVmThatIsAlmostOutOfProcessorTimeStops) {
  auto vm = run({"--serial", "none"});
  vm->signal(SIGXCPU);
  EXPECT_EQ(vm->finish().status, 0);
  EXPECT_FALSE(std::filesystem::exists(socket_of("vm")));
}

// A limit, and how much of it a process uses: all that it has, if it gets no more.
struct Shortage {
  __rlimit_resource resource;
  std::function<rlim_t(pid_t)> in_use;
};

[[maybe_unused]] rlim_t address_space_of(pid_t pid) {  // not with a sanitizer
  std::istringstream statm(read_file("/proc/" + std::to_string(pid) + "/statm"));
  rlim_t pages = 0;
  statm >> pages;
  return pages * kPageSize;
}

rlim_t descriptors_of(pid_t pid) {
  std::filesystem::directory_iterator open("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<rlim_t>(std::distance(begin(open), end(open)));
}

// Asks for all that takes memory, descriptors or files. Whether it is granted does not matter.
void ask_for_everything(const std::string& socket) {
  auto client = Client::connect(socket, std::chrono::seconds(30));
  if (!client || !client->hello()) return;
  std::vector<Client> sessions;
  SharedMemory page = *SharedMemory::create("test", kPageSize);
  for (int i = 0; i < 1000; ++i) static_cast<void>(client->map_memory(page.fd(), page.size()));
  for (int i = 0; i < 5; ++i) {
    SharedMemory large = *SharedMemory::create("test", 256 << 20);
    EventFd event = *EventFd::create();
    auto logged = client->map_memory(large.fd(), large.size(), {.flags = {.log_dirty = true}});
    if (logged) static_cast<void>(client->read_dirty_log(logged->handle));
    static_cast<void>(client->allocate_gpu_memory(640, 480, 0x34325258));
    static_cast<void>(client->register_irqfd(event.fd(), 16));
    static_cast<void>(client->subscribe(kAllEvents));
    if (auto session = client->open_session()) sessions.push_back(std::move(*session));
  }
}

TEST_F(Limits, NoneThatIsReachedEndsTheVm) {
  auto none = [](pid_t) { return rlim_t{0}; };
  const Shortage shortages[] = {
    {RLIMIT_FSIZE, none},
    {RLIMIT_NOFILE, descriptors_of},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // A sanitizer's own memory counts, too, and it ends a process that gets none.
    {RLIMIT_AS, address_space_of},
    {RLIMIT_DATA, none},
#endif
  };
  for (const Shortage& each : shortages) {
    SCOPED_TRACE(each.resource);
    auto vm = run({"--serial", "none"});
    limit("vm", each.resource, each.in_use(pid_of("vm")));
    ask_for_everything(socket_of("vm"));
    vm->signal(SIGTERM);
    EXPECT_EQ(vm->finish().status, 0);
  }
}

TEST_F(Limits, WhatIsPastTheLimitOfFilesIsRefused) {
  auto vm = run({"--serial", "none"});
  limit("vm", RLIMIT_FSIZE, kPageSize);
  Client client = *Client::connect(socket_of("vm"), std::chrono::seconds(30));
  SharedMemory large = *SharedMemory::create("test", 256 << 20);
  auto logged = client.map_memory(large.fd(), large.size(), {.flags = {.log_dirty = true}});
  ASSERT_TRUE(logged) << logged.error().message();
  EXPECT_EQ(client.read_dirty_log(logged->handle).error().error.code(), EFBIG);
  EXPECT_EQ(client.allocate_gpu_memory(640, 480, 0x34325258).error().error.code(), EFBIG);
  EXPECT_TRUE(client.status());
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

}  // namespace
}  // namespace vm_control
