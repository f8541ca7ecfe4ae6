// SPDX-License-Identifier: BSD-3-Clause
// Memory is sealed before it is shown to the guest, and nobody but its sender waits for that.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "vm_control/base/test_memory.h"
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

using ServerSealingFuse = WithTestFuse<ServerSealing>;

// A write(2) holds the lock of the memory while it waits for its data, here without end.
TEST_F(ServerSealingFuse, AWriteThatNeverEndsKeepsOnlyItsSenderWaiting) {
  UniqueFd memory = make_unsealed_memory(kPageSize);
  void* data = mmap(nullptr, kPageSize, PROT_READ, MAP_SHARED, fuse_->fd(), 0);
  ASSERT_NE(data, MAP_FAILED);
  std::jthread writer([&] { static_cast<void>(write(memory.get(), data, kPageSize)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  TestPeer slow = server_.adopt();
  TestPeer other = server_.adopt();
  ASSERT_TRUE(slow.send(map(memory)));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(other.send(request::Status{}));
    while (server_.loop.run_once(0) > 0) continue;
    ASSERT_EQ(code_of(other.receive()), 0);
  }
  EXPECT_FALSE(slow.receive().has_value());
  EXPECT_FALSE(server_.server->wait_idle_for_testing(std::chrono::milliseconds(0)));
  slow.close();
  EXPECT_TRUE(server_.pump_until([&] { return server_.server->session_count() == 1; }));
  fuse_->stop();
  writer.join();
  munmap(data, kPageSize);
  server_.pump();
  EXPECT_EQ(server_.memory.count(), 0u) << "nobody wants it any more";
}

// To close a file of FUSE waits for its server.
TEST_F(ServerSealingFuse, DescriptorsThatCantBeClosedKeepOnlyTheirSenderWaiting) {
  TestPeer hostile = server_.adopt();
  TestPeer other = server_.adopt();
  EXPECT_EQ(code_of(server_.call(hostile, encode(register_memory(fuse_->fd(), kPageSize)).bytes,
                                 {fuse_->fd()})),
            ENODEV);
  EXPECT_EQ(code_of(server_.call(hostile, encode(request::Status{}).bytes, {fuse_->fd()})), 0);
  EXPECT_EQ(code_of(server_.call(hostile, encode(request::Status{}).bytes,
                                 std::vector<int>(100, fuse_->fd()))),
            E2BIG);
  EXPECT_FALSE(server_.server->wait_idle_for_testing(std::chrono::milliseconds(0)));
  EXPECT_EQ(code_of(server_.call(other, request::Status{})), 0);
  // It may send no more, and is ended when that lasts.
  EXPECT_TRUE(server_.pump_until([&] { return server_.server->session_count() == 1; }));
  ASSERT_FALSE(server_.log.empty());
  EXPECT_NE(server_.log.back().find("can't be closed"), std::string::npos) << server_.log.back();
  EXPECT_EQ(code_of(server_.call(other, request::Status{})), 0);
  fuse_->stop();
}

// How often this process maps the file that `fd` refers to.
size_t count_mappings_of(const UniqueFd& fd) {
  struct stat status {};
  EXPECT_EQ(fstat(fd.get(), &status), 0);
  return count_mappings(" " + std::to_string(status.st_ino) + " ");
}

// To unmap memory frees what nobody else has of the file, however much that is.
TEST_F(ServerSealingFuse, MemoryIsUnmappedByTheThreadOfItsSender) {
  TestPeer peer = server_.adopt();
  UniqueFd memory = make_unsealed_memory(kPageSize);
  auto mapped = server_.call_for<response::MappedMemory>(peer, map(memory));
  EXPECT_EQ(count_mappings_of(memory), 1u);
  EXPECT_EQ(code_of(server_.call(peer, encode(request::Status{}).bytes, {fuse_->fd()})), 0);
  EXPECT_EQ(code_of(server_.call(peer, request::UnmapMemory{mapped.handle})), 0);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(count_mappings_of(memory), 1u) << "its thread is still closing the file";
  fuse_->stop();
  server_.settle();
  EXPECT_EQ(count_mappings_of(memory), 0u);
}

}  // namespace
}  // namespace vm_control
