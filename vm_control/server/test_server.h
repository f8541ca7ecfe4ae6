// SPDX-License-Identifier: BSD-3-Clause
// A server over a FakeVirtualMachine, and peers that may send it anything. For tests.
//
// Client and server share a thread: a peer sends, pump() lets the server work, the peer receives.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/fake_balloon.h"
#include "vm_control/resources/fake_virtual_machine.h"
#include "vm_control/resources/memory_watch.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/server/server.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {

// One end of a connection to the server.
class TestPeer {
 public:
  explicit TestPeer(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }

  bool send(std::span<const std::byte> bytes, const std::vector<int>& fds = {}) const {
    return send_with_fds(fd(), bytes, fds) >= 0;
  }
  bool send(const Request& request) const {
    EncodedRequest encoded = encode(request);
    return send(encoded.bytes, encoded.fd < 0 ? std::vector<int>{} : std::vector{encoded.fd});
  }

  // The next response; nothing if none has come.
  std::optional<Response> receive() const {
    std::array<std::byte, kResponseSize + 1> buffer;
    auto message = receive_message(fd(), buffer, MSG_DONTWAIT);
    if (!message) return std::nullopt;
    auto bytes = std::span(buffer).first(std::min(message->size, buffer.size()));
    auto response = decode_response(bytes, std::move(message->fd));
    if (!response) return std::nullopt;
    return std::move(*response);
  }

 private:
  UniqueFd socket_;
};

// Runs the loops of a server inside another one, on its thread.
class NestedRunner final : public LoopRunner {
 public:
  // outer  outlives this.
  explicit NestedRunner(EventLoop& outer) : outer_(outer) {}
  ~NestedRunner() override { stop({}); }

  Result<void> start(const char*, EventLoop& loop, std::shared_ptr<void> served) override {
    auto watch = outer_.watch(loop.fd(), EPOLLIN, [&loop](uint32_t) { loop.run_once(0); });
    if (!watch) return tl::unexpected(watch.error());
    running_.emplace_back(std::move(served), std::move(*watch));
    return {};
  }
  size_t stop(std::chrono::milliseconds) override {
    // The watch of a loop ends before the loop.
    for (auto& [served, watch] : running_) watch = Watch();
    running_.clear();
    return 0;
  }

 private:
  EventLoop& outer_;
  std::vector<std::pair<std::shared_ptr<void>, Watch>> running_;
};

class TestServer {
 public:
  static constexpr uint64_t kWindowStart = 0x8000'0000;
  static constexpr uint32_t kSlots = 8;

  // The loops of the server run on the thread of the test, or on threads of their own.
  enum class Loops { kHere, kThreads };

  explicit TestServer(const Quotas& quotas = {}, Loops loops = Loops::kHere)
      : quotas_(quotas), loops_(loops) {}

  TestPeer connect(SocketType type) {
    std::string path = directory + "/" + to_string(type);
    if (!std::filesystem::exists(path)) {
      EXPECT_TRUE(server->listen(path, type));
    }
    TestPeer peer(*connect_socket(path, type, std::chrono::milliseconds(1000)));
    pump();
    return peer;
  }

  // A session over a pair, with what `policy` allows.
  TestPeer adopt(const SocketPolicy& policy = {}, std::optional<Credentials> peer = {},
                 SocketType type = SocketType::kSeqpacket) {
    auto [ours, theirs] = *make_socket_pair(type);
    EXPECT_TRUE(server->adopt(std::move(ours), policy, peer));
    return TestPeer(std::move(theirs));
  }

  // Lets the server serve all that has come.
  void pump() {
    while (loop.run_once(0) > 0) {
    }
  }

  // Lets the server work until `done`, or for two seconds.
  template <class Condition>
  bool pump_until(Condition done) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    for (bool in_time = true; in_time; in_time = std::chrono::steady_clock::now() < end) {
      if (done()) return true;
      loop.run_once(10);
    }
    return false;
  }

  // The server's response to `peer`, which may take a while.
  std::optional<Response> call(const TestPeer& peer, const Request& request) {
    EXPECT_TRUE(peer.send(request));
    return receive(peer);
  }
  std::optional<Response> call(const TestPeer& peer, std::span<const std::byte> bytes,
                               const std::vector<int>& fds = {}) {
    EXPECT_TRUE(peer.send(bytes, fds));
    return receive(peer);
  }
  std::optional<Response> receive(const TestPeer& peer) {
    std::optional<Response> response;
    pump();
    pump_until([&] { return (response = peer.receive()).has_value(); });
    return response;
  }
  // The same, if it is an answer of type Expected: else a failure, and one of all zeros.
  template <class Expected>
  Expected call_for(const TestPeer& peer, const Request& request) {
    auto response = call(peer, request);
    auto* expected = response ? std::get_if<Expected>(&*response) : nullptr;
    EXPECT_TRUE(expected) << "errno " << code_of(response);
    return expected ? std::move(*expected) : Expected();
  }

  // The errno of an Err; 0 for any other response, -1 for none.
  static int code_of(const std::optional<Response>& response) {
    if (!response) return -1;
    auto* err = std::get_if<response::Err>(&*response);
    return err ? err->code : 0;
  }

  std::unique_ptr<LoopRunner> runner() {
    if (loops_ == Loops::kThreads) return nullptr;
    return std::make_unique<NestedRunner>(loop);
  }

  Quotas quotas_;
  Loops loops_;
  TestDirectory temporary;
  std::string directory = temporary.path();
  EventLoop loop = *EventLoop::create();
  FakeVirtualMachine vm;
  MemslotMapper mapper{vm};
  DeviceMemory memory{
      {.window = {*GuestRange::create(GuestAddress(kWindowStart), 64 << 20), mapper}},
      Slot(1),
      kSlots,
      *MountTable::create()};
  FakeBalloon balloon;
  MemfdAllocator gpu;
  std::vector<std::string> log;
  GuestLayout layout = *GuestLayout::create({.ram_size = 128 << 20,
                                             .device_memory_base = GuestAddress(kWindowStart),
                                             .device_memory_size = 64 << 20});
  Executor executor{
      {.vm = vm, .memory = memory, .balloon = balloon, .gpu = &gpu, .layout = &layout}};
  std::unique_ptr<MemoryFaults> faults = *MemoryFaults::create();
  std::unique_ptr<MemoryWatch> watch = *MemoryWatch::create(loop, memory, *faults);
  std::unique_ptr<Server> server =
      *Server::create(loop, executor,
                      {.session_deadline = std::chrono::milliseconds(50),
                       .quotas = quotas_,
                       .log = [this](std::string_view line) { log.emplace_back(line); },
                       .runner = runner()});
};

// Runs the loop of a server, as its main thread.
class TestLoopThread {
 public:
  // The loop outlives this.
  explicit TestLoopThread(EventLoop& loop) : loop_(loop), thread_([&loop] { loop.run(); }) {}
  ~TestLoopThread() { stop(); }
  TestLoopThread(const TestLoopThread&) = delete;
  TestLoopThread& operator=(const TestLoopThread&) = delete;

  // Waits until the loop has stopped.
  void stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
  }

 private:
  EventLoop& loop_;
  std::thread thread_;
};

// The errno of an Err; 0 for any other response, -1 for none.
inline int code_of(const std::optional<Response>& response) {
  return TestServer::code_of(response);
}

// A request to register `size` bytes of `fd`, which stays the caller's.
inline Request register_memory(int fd, uint64_t size) {
  return request::RegisterMemory{MaybeOwnedFd::borrow(fd), size};
}

}  // namespace vm_control
