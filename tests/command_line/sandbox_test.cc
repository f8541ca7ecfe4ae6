// SPDX-License-Identifier: BSD-3-Clause
// The sandbox of vmctl run: which rights it takes away, and that every request works inside of it.
// A system call that is missing in its table would end the VM.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/client/client.h"
#include "vm_control/memory/guest_layout.h"

namespace vm_control {
namespace {

constexpr std::chrono::seconds kSandboxPatience(30);

using ThreadStatus = std::map<std::string, std::string>;

// The status of a thread in /proc.
ThreadStatus status_of(const std::filesystem::path& task) {
  ThreadStatus status;
  std::ifstream file(task / "status");
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(":\t");
    if (colon != std::string::npos) status[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return status;
}

std::vector<ThreadStatus> threads_of(uint32_t pid) {
  std::vector<ThreadStatus> threads;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    threads.push_back(status_of(task.path()));
  }
  return threads;
}

bool are_filtered(const std::vector<ThreadStatus>& threads) {
  return std::ranges::all_of(
      threads, [](const ThreadStatus& thread) { return thread.at("Seccomp") == "2"; });
}

class Sandbox : public VmctlRunTest {
 protected:
  Client connect(const std::string& name = "vm") const {
    return *Client::connect(socket_of(name), kSandboxPatience);
  }

  // Stops the VM as a user would, and expects that it had not ended before.
  void expect_alive(Process& vm) {
    Process::Result stopped = vmctl({"stop", "vm"});
    EXPECT_EQ(stopped.status, 0) << stopped.err;
    Process::Result result = vm.finish();
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(exists(socket_of("vm")));
  }
};

TEST_F(Sandbox, LeavesNoThreadItsRights) {
  auto vm = run({"--serial", "none", "--cpus", "2"});
  ASSERT_TRUE(vm->writes_error("sandbox: seccomp, "));
  uint32_t pid = connect().hello()->pid;
  auto deadline = std::chrono::steady_clock::now() + kSandboxPatience;
  auto threads = threads_of(pid);
  while (!are_filtered(threads) && std::chrono::steady_clock::now() < deadline) {
    threads = threads_of(pid);
  }
  EXPECT_GE(threads.size(), 4u) << "control, two vCPUs, workers";
  for (const ThreadStatus& thread : threads) {
    EXPECT_EQ(thread.at("Seccomp"), "2") << thread.at("Name");
    EXPECT_EQ(thread.at("NoNewPrivs"), "1") << thread.at("Name");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
      EXPECT_EQ(thread.at(set), "0000000000000000") << set << " of " << thread.at("Name");
    }
  }
  expect_alive(*vm);
}

TEST_F(Sandbox, CanBeLeftOut) {
  auto vm = run({"--serial", "none", "--no-sandbox"});
  ASSERT_TRUE(vm->writes_error("no sandbox"));
  for (const ThreadStatus& thread : threads_of(connect().hello()->pid)) {
    EXPECT_EQ(thread.at("Seccomp"), "0") << thread.at("Name");
    EXPECT_EQ(thread.at("NoNewPrivs"), "0") << thread.at("Name");
  }
  expect_alive(*vm);
}

TEST_F(Sandbox, ServesEveryRequest) {
  auto vm = run({"--serial", "none"});
  {
    Client client = connect();
    auto events = client.subscribe();
    ASSERT_TRUE(events) << events.error().message();
    SharedMemory memory = *SharedMemory::create("test", 4 * kPageSize);
    auto region = client.map_memory(memory.fd(), memory.size(), {.flags = {.log_dirty = true}});
    ASSERT_TRUE(region) << region.error().message();
    EXPECT_TRUE(events->next(kSandboxPatience));
    EXPECT_TRUE(client.read_dirty_log(region->handle));
    EXPECT_TRUE(client.regions());
    EXPECT_TRUE(client.layout());
    EXPECT_TRUE(client.status());
    EXPECT_TRUE(client.allocate_gpu_memory(64, 64, 0x3432'5258));  // XR24
    EventFd event = *EventFd::create();
    auto doorbell =
        client.register_ioevent(event.fd(), {.space = Ioevent::Space::kPort,
                                             .address = GuestLayout::kDoorbellPorts.first,
                                             .length = 1});
    auto interrupt = client.register_irqfd(event.fd(), 16);
    ASSERT_TRUE(doorbell && interrupt);
    EXPECT_TRUE(client.unregister_event(*doorbell));
    EXPECT_TRUE(client.unregister_event(*interrupt));
    EXPECT_TRUE(client.pause());
    EXPECT_TRUE(client.resume());
    auto adjusted = client.adjust_balloon(1);
    EXPECT_TRUE(adjusted || adjusted.error().error.code() == ENOTCONN) << "the guest still boots";
    auto another = client.open_session();
    ASSERT_TRUE(another) << another.error().message();
    EXPECT_TRUE(another->register_memory(memory.fd(), memory.size()));
    EXPECT_TRUE(client.unmap_memory(region->handle));
  }
  EXPECT_TRUE(connect().status()) << "and the ends of sessions";
  expect_alive(*vm);
}

TEST_F(Sandbox, MapsFilesAndSurvivesTheirShrinking) {
  auto vm = run({});
  ASSERT_TRUE(vm->writes("> "));
  Client client = connect();
  UniqueFd file(open(path("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(ftruncate(file.get(), 2 * kPageSize), 0);
  auto region = client.map_memory(file.get(), 2 * kPageSize);
  ASSERT_TRUE(region) << region.error().message();
  auto events = client.subscribe(event_bit(EventType::kRegionQuarantined));
  vm->type("poke 0x80000000 0x2a\n");
  ASSERT_TRUE(vm->writes("ok\r\n"));
  ASSERT_EQ(ftruncate(file.get(), 0), 0);
  vm->type("peek 0x80000000\n");
  EXPECT_TRUE(vm->writes("0x80000000: 0x00000000"));
  EXPECT_TRUE(events->next(kSandboxPatience));
  ASSERT_TRUE(vm->writes_error("has vanished"));
  expect_alive(*vm);
}

TEST_F(Sandbox, TakesAThousandConnections) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max < 4096) GTEST_SKIP() << "the limit of descriptors is too low";
  rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &raised);
  auto vm = run({"--serial", "none", "--user-quota", "sessions=2000"});
  {
    std::vector<Client> clients;
    for (int i = 0; i < 1000; ++i) {
      clients.push_back(connect());
      auto status = clients.back().status();
      ASSERT_TRUE(status) << i << ": " << status.error().message();
      ASSERT_EQ(status->sessions, clients.size());
    }
  }
  expect_alive(*vm);
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(Sandbox, QuotasAreThoseOfTheOptions) {
  auto vm = run(
      {"--serial", "none", "--session-quota", "regions=1,bytes=64K", "--user-quota", "sessions=2"});
  Client client = connect();
  auto hello = client.hello();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->max_regions, 1u);
  EXPECT_EQ(hello->max_bytes, uint64_t{64} << 10);
  SharedMemory memory = *SharedMemory::create("test", kPageSize);
  EXPECT_TRUE(client.map_memory(memory.fd(), kPageSize));
  EXPECT_EQ(client.map_memory(memory.fd(), kPageSize).error().error.code(), EDQUOT);
  {
    Client second = connect();
    EXPECT_TRUE(second.status());
    EXPECT_EQ(connect().status().error().error.code(), EDQUOT);
  }
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Sandbox, ASocketGrantsWhatItsOptionsSay) {
  std::string watcher = path("watcher");
  auto vm = run({"--serial", "none", "--name", "vm", "--socket",
                 watcher + ",allow=observe+memory,mode=0666,sealing=require"});
  EXPECT_EQ(mode_of(watcher), mode_t{0666});
  Client client = *Client::connect(watcher, kSandboxPatience);
  EXPECT_EQ(client.hello()->allowed, Right::kObserve | Right::kMemory);
  EXPECT_EQ(client.exit().error().error.code(), EPERM);
  UniqueFd file(open(path("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(ftruncate(file.get(), kPageSize), 0);
  EXPECT_EQ(client.map_memory(file.get(), kPageSize).error().error.code(), EPERM);
  expect_alive(*vm);
  EXPECT_FALSE(exists(watcher));
}

}  // namespace
}  // namespace vm_control
