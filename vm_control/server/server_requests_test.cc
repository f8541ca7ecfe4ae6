// SPDX-License-Identifier: BSD-3-Clause
// The extended requests, over a session.
#include <gtest/gtest.h>
#include <unistd.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerRequests : public testing::Test {
 protected:
  int code(const Request& request) { return code_of(server_.call(peer_, request)); }
  template <class Expected>
  Expected call(const Request& request) {
    return server_.call_for<Expected>(peer_, request);
  }
  request::MapMemory map(uint64_t size = kPageSize) {
    return {.fd = MaybeOwnedFd::borrow(memory_.fd()), .size = size};
  }

  TestServer server_;
  TestPeer peer_ = server_.adopt();
  SharedMemory memory_ = *SharedMemory::create("test", 4 * kPageSize);
};

TEST_F(ServerRequests, HelloSaysWhoAnswersAndWhatIsAllowed) {
  TestPeer peer = server_.adopt({.allow = Right::kObserve | Right::kMemory});
  auto hello = server_.call_for<response::Hello>(peer, request::Hello{.version = 9});
  EXPECT_EQ(hello.version, kProtocolVersion);
  EXPECT_EQ(hello.features, kFeatureLayout);
  EXPECT_EQ(hello.allowed, Right::kObserve | Right::kMemory);
  EXPECT_EQ(hello.pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(hello.max_regions, Quotas{}.session.regions);
}

TEST_F(ServerRequests, MapMemoryShowsAPartOfAFileWhereItWasAskedFor) {
  request::MapMemory request = map(2 * kPageSize);
  request.offset = kPageSize;
  request.at = GuestAddress(TestServer::kWindowStart + 0x10000);
  auto mapped = call<response::MappedMemory>(std::move(request));
  EXPECT_EQ(mapped.address, GuestAddress(TestServer::kWindowStart + 0x10000));
  EXPECT_EQ(mapped.size, 2 * kPageSize);
  server_.vm.memory.at(mapped.slot).host[0] = std::byte{7};
  auto bytes = *MemoryMapping::shared(memory_.fd(), 0, 4 * kPageSize);
  EXPECT_EQ(bytes.data()[kPageSize], std::byte{7});
  auto overlapping = map();
  overlapping.at = GuestAddress(TestServer::kWindowStart + 0x11000);
  EXPECT_EQ(code(std::move(overlapping)), EEXIST);
  auto past_the_end = map(2 * kPageSize);
  past_the_end.offset = 3 * kPageSize;
  EXPECT_EQ(code(std::move(past_the_end)), EINVAL);
  auto outside = map();
  outside.at = GuestAddress(0);
  EXPECT_EQ(code(std::move(outside)), ERANGE);
}

TEST_F(ServerRequests, ReadOnlyMemoryIsMappedForReading) {
  auto request = map();
  request.flags.read_only = true;
  auto mapped = call<response::MappedMemory>(std::move(request));
  EXPECT_TRUE(server_.vm.memory.at(mapped.slot).flags.read_only);
  EXPECT_EQ(call<response::Region>(request::NextRegion{}).info.flags, kRegionReadOnly);
}

TEST_F(ServerRequests, ADirtyLogComesAsAMemfd) {
  auto request = map(4 * kPageSize);
  request.flags.log_dirty = true;
  auto mapped = call<response::MappedMemory>(std::move(request));
  server_.vm.dirty_word = 0b1010;
  auto log = call<response::DirtyLog>(request::ReadDirtyLog{mapped.handle});
  ASSERT_EQ(log.bitmap_bytes, 8u);
  uint64_t word = 0;
  ASSERT_EQ(pread(log.bitmap.get(), &word, sizeof(word), 0), 8);
  EXPECT_EQ(word, 0b1010u);
  auto plain = call<response::MappedMemory>(map());
  EXPECT_EQ(code(request::ReadDirtyLog{plain.handle}), EINVAL);
  EXPECT_EQ(code(request::ReadDirtyLog{Handle(1)}), ENOENT);
}

TEST_F(ServerRequests, NextRegionTellsThemAllInOrder) {
  EXPECT_EQ(code(request::NextRegion{}), ENOENT);
  for (int i = 0; i < 3; ++i) call<response::MappedMemory>(map());
  std::optional<GuestAddress> after;
  for (uint64_t i = 0; i < 3; ++i) {
    auto info = call<response::Region>(request::NextRegion{.after = after}).info;
    EXPECT_EQ(info.address, GuestAddress(TestServer::kWindowStart + i * kPageSize));
    EXPECT_EQ(info.owner_pid, static_cast<uint32_t>(getpid()));
    EXPECT_EQ(info.owner_uid, getuid());
    after = info.address;
  }
  EXPECT_EQ(code(request::NextRegion{.after = after}), ENOENT);
}

TEST_F(ServerRequests, NextRegionTellsTheLayoutToo) {
  std::vector<std::pair<uint64_t, uint32_t>> found;
  std::optional<GuestAddress> after;
  while (auto response = server_.call(peer_, request::NextRegion{.after = after, .layout = true})) {
    auto* region = std::get_if<response::Region>(&*response);
    if (!region) break;
    found.emplace_back(region->info.address.value(), region->info.flags);
    after = region->info.address;
  }
  EXPECT_EQ(found, (std::vector<std::pair<uint64_t, uint32_t>>{
                       {0, kLayoutRam},
                       {GuestLayout::kInterrupts.first, kLayoutInterrupts},
                       {GuestLayout::kDoorbellPorts.first, kLayoutDoorbellPorts},
                       {TestServer::kWindowStart, kLayoutWindow | kLayoutMemslots},
                       {GuestLayout::kHoleStart, kLayoutHole},
                       {GuestLayout::kDoorbells.value(), kLayoutDoorbells}}));
}

TEST_F(ServerRequests, StatusCountsWhatThereIs) {
  call<response::MappedMemory>(map());
  TestPeer other = server_.adopt();
  VmStatus status = call<response::Status>(request::Status{}).status;
  EXPECT_EQ(status.state, VmState::kRunning);
  EXPECT_EQ(status.vcpus, 2u);
  EXPECT_EQ(status.ram_bytes, 128u << 20);
  EXPECT_EQ(status.regions, 1u);
  EXPECT_EQ(status.sessions, 2u);
  EXPECT_EQ(status.pid, static_cast<uint32_t>(getpid()));
  VmStatus later = call<response::Status>(request::Status{}).status;
  EXPECT_GT(later.uptime_ns, status.uptime_ns);
}

TEST_F(ServerRequests, PauseIsAnsweredWhenTheMachineHasPaused) {
  server_.vm.pauses_at_once = false;
  ASSERT_TRUE(peer_.send(request::Pause{}));
  ASSERT_TRUE(peer_.send(request::Status{}));
  server_.pump();
  EXPECT_EQ(server_.vm.pauses, 1);
  EXPECT_FALSE(peer_.receive().has_value());
  TestPeer other = server_.adopt();
  EXPECT_EQ(code_of(server_.call(other, request::Status{})), 0) << "nobody else waits";
  server_.vm.state = VmState::kPaused;
  server_.server->on_state_changed();
  EXPECT_EQ(code_of(server_.receive(peer_)), 0);
  auto status = server_.receive(peer_);
  EXPECT_EQ(std::get<response::Status>(*status).status.state, VmState::kPaused);
  EXPECT_EQ(code(request::Pause{}), 0) << "it is paused already";
  EXPECT_EQ(code(request::Resume{}), 0);
  EXPECT_EQ(call<response::Status>(request::Status{}).status.state, VmState::kRunning)
      << "whoever asks after a Resume sees it";
}

// Two changes can come as one: the machine looks as it did when the server was told last.
TEST_F(ServerRequests, PauseIsAnsweredAlsoWhenNobodySawTheResumeBeforeIt) {
  server_.vm.state = VmState::kPaused;
  server_.server->on_state_changed();
  server_.vm.pauses_at_once = false;
  ASSERT_EQ(code(request::Resume{}), 0);
  ASSERT_TRUE(peer_.send(request::Pause{}));
  server_.pump();
  server_.vm.state = VmState::kPaused;
  server_.server->on_state_changed();
  server_.pump();
  EXPECT_EQ(code_of(peer_.receive()), 0);
}

TEST_F(ServerRequests, PauseEndsWithAResumeOrWithTheMachine) {
  server_.vm.pauses_at_once = false;
  TestPeer other = server_.adopt();
  ASSERT_TRUE(peer_.send(request::Pause{}));
  server_.pump();
  EXPECT_EQ(code_of(server_.call(other, request::Resume{})), 0);
  EXPECT_EQ(code_of(peer_.receive()), ECANCELED);
  ASSERT_TRUE(peer_.send(request::Pause{}));
  server_.pump();
  server_.vm.state = VmState::kExited;
  server_.server->on_state_changed();
  EXPECT_EQ(code_of(server_.receive(peer_)), ESRCH);
  EXPECT_EQ(code(request::Pause{}), ESRCH);
}

TEST_F(ServerRequests, APeerThatGoesWhileItWaitsIsForgotten) {
  server_.vm.pauses_at_once = false;
  TestPeer other = server_.adopt();
  ASSERT_TRUE(peer_.send(request::Pause{}));
  ASSERT_TRUE(other.send(request::AllocateAndRegisterGpuMemory{64, 16, 0x34325258}));
  server_.loop.run_once(0);
  peer_.close();
  other.close();
  EXPECT_TRUE(server_.pump_until([&] { return server_.server->session_count() == 0; }));
  server_.vm.state = VmState::kPaused;
  server_.server->on_state_changed();
  for (int i = 0; i < 20; ++i) server_.loop.run_once(5);
  EXPECT_EQ(server_.memory.count(), 0u);
}

TEST_F(ServerRequests, AnEventIsRegisteredAndKeptOpenUntilItIsUnregistered) {
  auto [reader, writer] = *make_socket_pair(SocketType::kSeqpacket);
  EventFd event = *EventFd::create();
  size_t fds = count_open_fds();
  auto handle =
      call<response::IrqfdRegistered>(request::RegisterIrqfd{MaybeOwnedFd::borrow(event.fd()), 5})
          .handle;
  EXPECT_EQ(count_open_fds(), fds + 1);
  ASSERT_EQ(server_.vm.irqs.size(), 1u);
  EventFd kept(*UniqueFd::duplicate(server_.vm.irqs[0].first));
  kept.signal();
  EXPECT_EQ(event.take(), 1u) << "it is the same eventfd";
  server_.vm.fail_next_with = EIO;
  EXPECT_EQ(code(request::UnregisterEvent{handle}), EIO);
  EXPECT_EQ(code(request::UnregisterEvent{handle}), 0);
  EXPECT_EQ(count_open_fds(), fds + 1) << "the duplicate of this test";
}

TEST_F(ServerRequests, ReservedBytesMustBeZero) {
  RequestFrame frame = encode(request::Status{}).bytes;
  frame[31] = std::byte{1};
  EXPECT_EQ(code_of(server_.call(peer_, frame)), EINVAL);
}

}  // namespace
}  // namespace vm_control
