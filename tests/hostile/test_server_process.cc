// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hostile/test_server_process.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "vm_control/balloon/absent_balloon.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/resources/fake_virtual_machine.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/resources/window_mapper.h"
#include "vm_control/server/server.h"
#include "vmhost/vm_host.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kPatience(10'000);

// The questions to a server: how many events its fake machine has, and what to do before it says
// so.
constexpr char kCount = '?';
constexpr char kRing = '!';
constexpr char kFill = '+';
constexpr char kEmpty = '-';

constexpr uint64_t kWindowStart = 0x8000'0000;
constexpr uint64_t kWindowSize = 1 << 30;

// All rights but admin.
constexpr Rights kRights = Rights::from_mask(Rights::all().mask() & ~Rights(Right::kAdmin).mask());

std::chrono::nanoseconds ring_all(const FakeVirtualMachine& vm) {
  auto start = std::chrono::steady_clock::now();
  for (const auto& [event, ioevent] : vm.ioevents) EXPECT_EQ(eventfd_write(event, 1), 0);
  return std::chrono::steady_clock::now() - start;
}

void fill_up(std::vector<UniqueFd>& table) {
  while (auto fd = UniqueFd::duplicate(STDIN_FILENO)) table.push_back(std::move(*fd));
}

void limit_fds(size_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Serves until the asking process has gone. The first answer says that the server is ready.
void serve_fake(const ServerProcess::Options& options, const std::string& path, UniqueFd client,
                int questions) {
  EventLoop loop = *EventLoop::create();
  FakeVirtualMachine vm;
  GuestLayout layout = *GuestLayout::create({.ram_size = 1 << 20,
                                             .device_memory_base = GuestAddress(kWindowStart),
                                             .device_memory_size = kWindowSize,
                                             .has_memslots = true});
  auto mapper = *WindowMapper::create(vm, Slot(1), layout.window());
  MemslotMapper memslots(vm);
  DeviceMemory::Areas areas{.window = {layout.window(), *mapper}};
  areas.memslots.emplace(*layout.memslots(), memslots);
  DeviceMemory memory(areas, Slot(2), 8192, *MountTable::create());
  AbsentBalloon balloon;
  MemfdAllocator gpu;
  Executor executor(
      {.vm = vm, .memory = memory, .balloon = balloon, .gpu = &gpu, .layout = &layout});
  auto server = *Server::create(
      loop, executor, {.session_deadline = options.session_deadline, .quotas = options.quotas});
  // Anybody may try to connect.
  std::filesystem::permissions(std::filesystem::path(path).parent_path(),
                               std::filesystem::perms(0711));
  if (!server->listen(
          path, SocketType::kSeqpacket,
          {.allow = kRights, .uids = options.uids, .doorbells = options.doorbells, .mode = 0666}) ||
      !server->listen(path + ".other", SocketType::kSeqpacket,
                      {.allow = kRights, .uids = options.uids, .mode = 0666}) ||
      !server->adopt(std::move(client)))
    return;
  std::vector<UniqueFd> fillers;
  auto answer_to = [&](char question) {
    if (question == kFill) fill_up(fillers);
    if (question == kEmpty) fillers.clear();
    ServerProcess::Answer answer{vm.ioevents.size(), vm.irqs.size(), {}};
    if (question == kRing) answer.ringing = ring_all(vm);
    return write(questions, &answer, sizeof(answer)) > 0;
  };
  auto watch = loop.watch(questions, EPOLLIN, [&](uint32_t) {
    char question;
    if (read(questions, &question, 1) != 1 || !answer_to(question)) loop.stop();
  });
  answer_to(kCount);
  loop.run();
}

void serve_kvm(const ServerProcess::Options& options, const std::string& path, int questions) {
  EventLoop loop = *EventLoop::create();
  auto vm = vmhost::VmHost::create(loop, {.sockets = {{path, SocketType::kSeqpacket}},
                                          .ram_size = uint64_t{4} << 20,
                                          .gpu = "memfd",
                                          .device_memory_base = GuestAddress(kWindowStart),
                                          .quotas = options.quotas,
                                          .log = [](std::string_view) {}});
  if (!vm) {
    std::cerr << vm.error().message() << "\n";
    return;
  }
  auto answer = [&] {
    ServerProcess::Answer none{};
    return write(questions, &none, sizeof(none)) > 0;
  };
  auto watch = loop.watch(questions, EPOLLIN, [&](uint32_t) {
    char byte;
    if (read(questions, &byte, 1) != 1 || !answer()) (*vm)->stop();
  });
  answer();
  ignore((*vm)->run(), "the child ends either way");
}

}  // namespace

Quotas ServerProcess::many() {
  return {.session = {.sessions = 64,
                      .regions = 1024,
                      .events = 128,
                      .unanswered = 64,
                      .in_flight = 64,
                      .bytes = uint64_t{1} << 40,
                      .in_flight_bytes = uint64_t{1} << 40},
          .user = {.sessions = 3000,
                   .regions = 4096,
                   .events = 900,
                   .unanswered = 1'000'000,
                   .in_flight = 1024,
                   .bytes = uint64_t{1} << 40,
                   .detached = uint64_t{1} << 40,
                   .in_flight_bytes = uint64_t{1} << 40}};
}

ServerProcess::ServerProcess(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
  auto [our_client, their_client] = *make_socket_pair(SocketType::kSeqpacket);
  child_.emplace([&] {
    ours.reset();
    our_client.reset();
    limit_fds(options.max_fds);
    if (options.machine == Machine::kKvm) return serve_kvm(options, path_, theirs.get());
    serve_fake(options, path_, std::move(their_client), theirs.get());
  });
  questions_ = std::move(ours);
  theirs.reset();
  their_client.reset();
  Answer ready;
  if (read(questions_.get(), &ready, sizeof(ready)) != sizeof(ready)) throw "no server";
  client_ = options.machine == Machine::kFake ? *Client::adopt(std::move(our_client), kPatience)
                                              : *Client::connect(path_, kPatience);
  // UBSan opens descriptors of its own on the first request.
  EXPECT_TRUE(client_->status());
}

UniqueFd ServerProcess::connect() const {
  return *connect_socket(path_, SocketType::kSeqpacket, kPatience);
}

std::string ServerProcess::proc(const char* name) const {
  return "/proc/" + std::to_string(child_->pid()) + "/" + name;
}

Footprint ServerProcess::footprint() {
  for (Footprint last = footprint_now();;) {
    usleep(20'000);
    Footprint has = footprint_now();
    if (has == last) return has;
    last = has;
  }
}

Footprint ServerProcess::footprint_now() {
  Footprint has;
  auto entries = std::filesystem::directory_iterator(proc("fd"));
  has.fds = static_cast<size_t>(std::distance(begin(entries), end(entries)));
  has.mappings = count_mappings("/memfd:", proc("maps"));
  auto status = client_->status();
  if (!status) return has;
  has.regions = status->regions;
  has.sessions = status->sessions;
  Answer answer = ask(kCount);
  has.ioevents = answer.ioevents;
  has.irqfds = answer.irqfds;
  return has;
}

std::chrono::nanoseconds ServerProcess::ring() {
  return ask(kRing).ringing;
}

void ServerProcess::fill_table() {
  ask(kFill);
}

void ServerProcess::empty_table() {
  ask(kEmpty);
}

// All zeros if the server has gone.
ServerProcess::Answer ServerProcess::ask(char question) const {
  Answer answer{};
  if (write(questions_.get(), &question, 1) != 1 ||
      read(questions_.get(), &answer, sizeof(answer)) != sizeof(answer)) {
    return {};
  }
  return answer;
}

Footprint ServerProcess::footprint_after(const Footprint& expected) {
  auto end = std::chrono::steady_clock::now() + 3 * kPatience;
  for (;;) {
    Footprint has = footprint_now();
    if (has == expected || std::chrono::steady_clock::now() > end) return has;
    usleep(5000);
  }
}

std::chrono::milliseconds ServerProcess::cpu_time() const {
  std::ifstream file(proc("stat"));
  std::string text(std::istreambuf_iterator<char>(file), {});
  // Fields 14 and 15 of proc(5), counted from behind the name.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  int64_t ticks = std::stoll(words.at(11)) + std::stoll(words.at(12));
  return std::chrono::milliseconds(ticks * 1000 / sysconf(_SC_CLK_TCK));
}

std::chrono::microseconds median_round_trip(Client& client) {
  constexpr size_t kCount = 200;
  std::vector<std::chrono::microseconds> times;
  for (size_t i = 0; i < kCount; ++i) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.status()) << "the client is not served";
    auto time = std::chrono::steady_clock::now() - start;
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(time));
  }
  std::nth_element(times.begin(), times.begin() + kCount / 2, times.end());
  return times[kCount / 2];
}

}  // namespace vm_control
