// SPDX-License-Identifier: BSD-3-Clause
// Memory is sealed before it is shown to the guest, and nobody but its sender waits for that.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "vm_control/base/test_memory.h"
#include "vm_control/base/test_process_state.h"
#include "vm_control/base/test_wait.h"
#include "vm_control/resources/test_fuse.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerSealing : public testing::Test {
 protected:
  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_.call(peer, request));
  }
  Request map(const UniqueFd& memory) {
    return request::MapMemory{.fd = MaybeOwnedFd::borrow(memory.get()), .size = kPageSize};
  }

  TestServer server_;
};

TEST_F(ServerSealing, MemoryIsSealedWhenItIsRegistered) {
  for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
    TestPeer peer = server_.connect(type);
    UniqueFd classic = make_unsealed_memory(kPageSize);
    UniqueFd extended = make_unsealed_memory(kPageSize);
    EXPECT_EQ(code(peer, register_memory(classic.get(), kPageSize)), 0);
    EXPECT_EQ(code(peer, map(extended)), 0);
    for (const UniqueFd* memory : {&classic, &extended}) {
      EXPECT_EQ(fcntl(memory->get(), F_GET_SEALS), F_SEAL_SHRINK);
    }
  }
  EXPECT_FALSE(server_.memory.has_shrinkable());
}

TEST_F(ServerSealing, WhatCantBeSealedIsTakenByTheSocketsPolicy) {
  UniqueFd memory = make_unsealable_memory(kPageSize);
  TestPeer strict = server_.adopt({.seal_policy = SealPolicy::kRequire});
  EXPECT_EQ(code(strict, map(memory)), EPERM);
  TestPeer lenient = server_.adopt({.seal_policy = SealPolicy::kPrefer});
  EXPECT_EQ(code(lenient, map(memory)), 0);
  EXPECT_TRUE(server_.memory.has_shrinkable());
}

TEST_F(ServerSealing, OfPipelinedRequestsTheOrderIsKept) {
  TestPeer peer = server_.adopt();
  UniqueFd memory = make_unsealed_memory(kPageSize);
  ASSERT_TRUE(peer.send(map(memory)));
  ASSERT_TRUE(peer.send(request::UnregisterMemory{Slot(1)}));
  EXPECT_TRUE(std::holds_alternative<response::MappedMemory>(*server_.receive(peer)));
  EXPECT_EQ(code_of(server_.receive(peer)), 0);
  EXPECT_EQ(server_.memory.count(), 0u);
}

// Whether a thread of this process waits for something.
bool is_asleep(pid_t thread) {
  char state = process_state("/proc/self/task/" + std::to_string(thread));
  return state == 'S' || state == 'D';
}

// With the threads that a server has: a peer that makes a system call slow stops its own.
class ServerSealingFuse : public WithTestFuse<testing::Test> {
 protected:
  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_.call(peer, request));
  }
  static Request map(const UniqueFd& memory) {
    return request::MapMemory{.fd = MaybeOwnedFd::borrow(memory.get()), .size = kPageSize};
  }
  void expect_others_are_served() {
    for (int i = 0; i < 20; ++i) ASSERT_EQ(code(other_, request::Status{}), 0);
  }

  TestServer server_{{}, TestServer::Loops::kThreads};
  TestPeer slow_ = server_.adopt();
  TestPeer other_ = server_.adopt();
};

// A write(2) holds the lock of the memory while it waits for its data, here without end.
TEST_F(ServerSealingFuse, AWriteThatNeverEndsKeepsOnlyItsSenderWaiting) {
  UniqueFd memory = make_unsealed_memory(kPageSize);
  void* data = mmap(nullptr, kPageSize, PROT_READ, MAP_SHARED, fuse_->fd(), 0);
  ASSERT_NE(data, MAP_FAILED);
  std::atomic<pid_t> thread = 0;
  std::jthread writer([&] {
    thread = gettid();
    static_cast<void>(write(memory.get(), data, kPageSize));
  });
  EXPECT_TRUE(comes_true([&] { return thread != 0 && is_asleep(thread); }));
  ASSERT_TRUE(slow_.send(map(memory)));
  expect_others_are_served();
  EXPECT_FALSE(slow_.receive().has_value());
  slow_.close();
  expect_others_are_served();
  fuse_->stop();
  writer.join();
  munmap(data, kPageSize);
  EXPECT_TRUE(server_.pump_until([&] { return server_.server->session_count() == 1; }));
  EXPECT_EQ(server_.memory.count(), 0u) << "nobody wants it any more";
}

// To close a file of FUSE waits for its server.
TEST_F(ServerSealingFuse, DescriptorsThatCantBeClosedKeepOnlyTheirSenderWaiting) {
  EXPECT_EQ(code_of(server_.call(slow_, encode(register_memory(fuse_->fd(), kPageSize)).bytes,
                                 {fuse_->fd()})),
            ENODEV)
      << "the answer comes before the descriptor is closed";
  ASSERT_TRUE(slow_.send(request::Status{}));
  expect_others_are_served();
  EXPECT_FALSE(slow_.receive().has_value());
  fuse_->stop();
  EXPECT_EQ(code_of(server_.receive(slow_)), 0);
}

// How often this process maps the file that `fd` refers to.
size_t count_mappings_of(const UniqueFd& fd) {
  struct stat status {};
  EXPECT_EQ(fstat(fd.get(), &status), 0);
  return count_mappings(" " + std::to_string(status.st_ino) + " ");
}

// To unmap memory frees what nobody else has of the file, however much that is.
TEST_F(ServerSealingFuse, MemoryIsUnmappedByTheThreadOfItsSender) {
  UniqueFd memory = make_unsealed_memory(kPageSize);
  auto mapped = server_.call_for<response::MappedMemory>(slow_, map(memory));
  EXPECT_EQ(count_mappings_of(memory), 1u);
  EXPECT_EQ(code_of(server_.call(slow_, encode(request::Status{}).bytes, {fuse_->fd()})), 0);
  ASSERT_TRUE(slow_.send(request::UnmapMemory{mapped.handle}));
  expect_others_are_served();
  EXPECT_EQ(count_mappings_of(memory), 1u) << "its thread is still closing the file";
  fuse_->stop();
  EXPECT_EQ(code_of(server_.receive(slow_)), 0);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(count_mappings_of(memory), 0u);
}

}  // namespace
}  // namespace vm_control
