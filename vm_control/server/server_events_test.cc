// SPDX-License-Identifier: BSD-3-Clause
// The events that subscribers receive.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <future>

#include "vm_control/base/test_memory.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerEvents : public testing::Test {
 protected:
  UniqueFd subscribe(const TestPeer& peer, uint32_t mask = kAllEvents) {
    return server_.call_for<response::Subscribed>(peer, request::Subscribe{mask}).events;
  }

  // The next event; nothing if none has come.
  std::optional<Event> next(const UniqueFd& events) {
    server_.pump();
    ResponseFrame frame;
    auto message = receive_message(events.get(), frame, MSG_DONTWAIT);
    if (!message || message->size == 0) return std::nullopt;
    auto event = decode_event(std::span(frame).first(message->size));
    EXPECT_TRUE(event);
    return *event;
  }

  response::MappedMemory map() {
    return server_.call_for<response::MappedMemory>(
        peer_, request::MapMemory{.fd = MaybeOwnedFd::borrow(page_.fd()), .size = kPageSize});
  }

  TestServer server_;
  TestPeer peer_ = server_.adopt();
  SharedMemory page_ = *SharedMemory::create("test", kPageSize);
};

TEST_F(ServerEvents, ASubscriptionBeginsWithTheState) {
  server_.vm.state = VmState::kPaused;
  auto subscribed = server_.call_for<response::Subscribed>(peer_, request::Subscribe{kAllEvents});
  EXPECT_EQ(subscribed.state, VmState::kPaused);
}

TEST_F(ServerEvents, RegionsAreToldAsTheyComeAndGo) {
  UniqueFd events = subscribe(peer_);
  auto mapped = map();
  auto added = next(events);
  ASSERT_TRUE(added);
  EXPECT_EQ(added->type, EventType::kRegionAdded);
  EXPECT_EQ(added->sequence, 1u);
  auto info = std::get<RegionInfo>(added->detail);
  EXPECT_EQ(info.handle, mapped.handle);
  EXPECT_EQ(info.size, kPageSize);
  EXPECT_EQ(info.owner_pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(TestServer::code_of(server_.call(peer_, request::UnmapMemory{mapped.handle})), 0);
  auto removed = next(events);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->type, EventType::kRegionRemoved);
  EXPECT_EQ(removed->sequence, 2u);
  EXPECT_FALSE(next(events));
}

TEST_F(ServerEvents, WhatEndsWithASessionIsToldToOthers) {
  UniqueFd events = subscribe(peer_);
  TestPeer other = server_.adopt();
  server_.call(other,
               request::MapMemory{.fd = MaybeOwnedFd::borrow(page_.fd()), .size = kPageSize});
  EXPECT_EQ(next(events)->type, EventType::kRegionAdded);
  other.close();
  EXPECT_EQ(next(events)->type, EventType::kRegionRemoved);
}

TEST_F(ServerEvents, StatesAreToldOnceEach) {
  UniqueFd events = subscribe(peer_);
  for (VmState state : {VmState::kPaused, VmState::kPaused, VmState::kRunning, VmState::kExited}) {
    server_.vm.state = state;
    server_.server->on_state_changed();
  }
  EXPECT_EQ(next(events)->type, EventType::kPaused);
  EXPECT_EQ(next(events)->type, EventType::kResumed);
  auto exited = next(events);
  EXPECT_EQ(exited->type, EventType::kExited);
  EXPECT_EQ(std::get<VmStatus>(exited->detail).ram_bytes, 128u << 20);
  EXPECT_FALSE(next(events));
}

TEST_F(ServerEvents, OnlyWhatWasAskedForIsToldAndCounted) {
  UniqueFd events = subscribe(peer_, event_bit(EventType::kPaused));
  map();
  server_.vm.state = VmState::kPaused;
  server_.server->on_state_changed();
  auto event = next(events);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, EventType::kPaused);
  EXPECT_EQ(event->sequence, 1u);
}

TEST_F(ServerEvents, ASlowReaderIsToldHowManyItLostAndKeepsNobodyWaiting) {
  UniqueFd events = subscribe(peer_);
  constexpr uint64_t kRounds = 500;
  for (uint64_t i = 0; i < kRounds; ++i) {
    ASSERT_EQ(TestServer::code_of(server_.call(peer_, request::UnmapMemory{map().handle})), 0);
  }
  uint64_t sequence = 0;
  uint64_t lost = 0;
  while (auto event = next(events)) {
    if (event->type == EventType::kLost) {
      uint64_t count = std::get<LostEvents>(event->detail).count;
      EXPECT_EQ(event->sequence, sequence + count) << "the number of the last that was lost";
      lost += count;
    } else {
      EXPECT_EQ(event->sequence, sequence + 1);
    }
    sequence = event->sequence;
  }
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(sequence, 2 * kRounds);
  map();
  auto next_one = next(events);
  ASSERT_TRUE(next_one);
  EXPECT_EQ(next_one->sequence, 2 * kRounds + 1);
}

TEST_F(ServerEvents, ASubscriptionEndsWithItsReaderOrItsSession) {
  UniqueFd events = subscribe(peer_);
  EXPECT_EQ(server_.server->subscriber_count_for_testing(), 1u);
  events.reset();
  server_.pump();
  EXPECT_EQ(server_.server->subscriber_count_for_testing(), 0u);
  events = subscribe(peer_);
  peer_.close();
  server_.pump();
  EXPECT_EQ(server_.server->subscriber_count_for_testing(), 0u);
  ResponseFrame frame;
  EXPECT_EQ(receive_message(events.get(), frame, MSG_DONTWAIT)->size, 0u) << "the end";
}

TEST_F(ServerEvents, AReaderCanOnlyReceive) {
  UniqueFd events = subscribe(peer_);
  EXPECT_EQ(send_message(events.get(), ResponseFrame{}, -1, MSG_DONTWAIT).error().code(), EPIPE);
}

TEST_F(ServerEvents, MemoryThatVanishesIsToldAndLoggedWithItsOwner) {
  UniqueFd memory = make_unsealable_memory(kPageSize);
  TestPeer device = server_.adopt({}, Credentials{.pid = 4242, .uid = 99});
  auto mapped = server_.call_for<response::MappedMemory>(
      device, request::MapMemory{.fd = MaybeOwnedFd::borrow(memory.get()), .size = kPageSize});
  UniqueFd events = subscribe(peer_);
  EXPECT_FALSE(server_.watch->check());
  resize(memory, 0);
  EXPECT_TRUE(server_.watch->check());
  auto event = next(events);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, EventType::kRegionQuarantined);
  EXPECT_EQ(std::get<RegionInfo>(event->detail).owner_pid, 4242u);
  ASSERT_EQ(server_.log.size(), 1u);
  EXPECT_NE(server_.log[0].find("pid 4242 (uid 99)"), std::string::npos) << server_.log[0];
  EXPECT_TRUE(server_.watch->on_memory_fault(mapped.address)) << "another vCPU, a moment later";
  EXPECT_EQ(TestServer::code_of(server_.call(device, request::UnmapMemory{mapped.handle})), 0);
}

// A vCPU can wait for a page that never comes, and report nothing.
TEST_F(ServerEvents, MemoryThatVanishesIsFoundThoughNobodyReportsIt) {
  UniqueFd memory = make_unsealable_memory(kPageSize);
  server_.call_for<response::MappedMemory>(
      peer_, request::MapMemory{.fd = MaybeOwnedFd::borrow(memory.get()), .size = kPageSize});
  UniqueFd events = subscribe(peer_);
  uint64_t epoch = server_.faults->epoch();
  for (int i = 0; i < 3; ++i) server_.loop.run_once(100);
  EXPECT_FALSE(next(events));
  resize(memory, 0);
  std::optional<Event> event;
  EXPECT_TRUE(server_.pump_until([&] { return (event = next(events)).has_value(); }));
  EXPECT_EQ(event->type, EventType::kRegionQuarantined);
  auto fault =
      std::async(std::launch::async, [&] { return server_.faults->handle_fault({}, epoch); });
  EXPECT_TRUE(server_.pump_until(
      [&] { return fault.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
  EXPECT_TRUE(fault.get()) << "that was on its way";
  EXPECT_FALSE(server_.watch->on_memory_fault({}));
  EXPECT_EQ(server_.loop.run_once(200), 0) << "there is nothing to look at any more";
}

// A sender that lets its file shrink and grow as fast as it can is not found out by a look at it.
TEST_F(ServerEvents, FaultsWithoutAReasonEndWithTheMemoryThatCouldBeIt) {
  EXPECT_FALSE(server_.watch->on_memory_fault({})) << "there is nothing that could vanish";
  UniqueFd memory = make_unsealable_memory(kPageSize);
  auto mapped = server_.call_for<response::MappedMemory>(
      peer_, request::MapMemory{.fd = MaybeOwnedFd::borrow(memory.get()), .size = kPageSize});
  EXPECT_TRUE(server_.watch->on_memory_fault({})) << "try again";
  EXPECT_FALSE(server_.memory.find(mapped.handle)->quarantined);
  for (int i = 0; i < 2000; ++i) server_.watch->on_memory_fault({});
  EXPECT_TRUE(server_.memory.find(mapped.handle)->quarantined);
  EXPECT_FALSE(server_.watch->on_memory_fault({})) << "it was something else";
}

}  // namespace
}  // namespace vm_control
