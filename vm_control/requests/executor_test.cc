// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/executor.h"

#include <gtest/gtest.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr uint32_t kNv12 = 0x3231564e;

class ExecutorTest : public testing::Test {
 protected:
  std::optional<Response> execute(Request request) {
    return server_.executor.execute(std::move(request));
  }

  TestServer server_;
};

TEST_F(ExecutorTest, ExitAsksTheMachineToStop) {
  EXPECT_EQ(code_of(execute(request::Exit{})), 0);
  EXPECT_EQ(server_.vm.exits, 1);
}

TEST_F(ExecutorTest, BalloonAdjustReachesTheBalloon) {
  EXPECT_EQ(code_of(execute(request::BalloonAdjust{7})), 0);
  EXPECT_EQ(code_of(execute(request::BalloonAdjust{-2})), 0);
  EXPECT_EQ(server_.balloon.target_pages(), 5);
  server_.balloon.connected = false;
  EXPECT_EQ(code_of(execute(request::BalloonAdjust{1})), ENOTCONN);
}

TEST_F(ExecutorTest, TheProcessItselfIsToldWhatIsKnownOfTheBalloon) {
  EXPECT_EQ(code_of(execute(request::BalloonSet{2 * kPageSize})), 0);
  auto status = execute(request::BalloonStatus{});
  EXPECT_EQ(std::get<response::BalloonStatus>(*status).status.target_bytes, 2 * kPageSize);
  EXPECT_EQ(code_of(execute(request::BalloonStats{})), ENODATA);
  server_.balloon.report({.free_bytes = 7, .age_ms = 60'000});
  auto stats = execute(request::BalloonStats{});
  EXPECT_EQ(std::get<response::BalloonStats>(*stats).stats.free_bytes, 7u);
  EXPECT_EQ(server_.balloon.stats_requests, 0);
}

TEST_F(ExecutorTest, ThePowerButtonReachesTheMachine) {
  EXPECT_EQ(code_of(execute(request::PowerButton{})), 0);
  EXPECT_EQ(server_.vm.power_buttons, 1);
  server_.vm.has_power_button = false;
  EXPECT_EQ(code_of(execute(request::PowerButton{})), ENOTSUP);
}

TEST_F(ExecutorTest, AGpuBufferIsMappedWholeAndSentBack) {
  auto response = execute(request::AllocateAndRegisterGpuMemory{64, 64, kNv12});
  auto* gpu = std::get_if<response::GpuMemory>(&*response);
  ASSERT_TRUE(gpu);
  EXPECT_EQ(gpu->pfn, PageFrameNumber(TestServer::kWindowStart / kPageSize));
  EXPECT_EQ(gpu->slot, Slot(1));
  EXPECT_EQ(gpu->desc.planes[0], (GpuMemoryPlaneDesc{64, 0}));
  EXPECT_EQ(gpu->desc.planes[1], (GpuMemoryPlaneDesc{64, 4096}));
  EXPECT_EQ(server_.vm.memory.at(Slot(1)).range.size(), 8192u);
  auto mapping = MemoryMapping::shared(gpu->fd.get(), 0, 8192);
  ASSERT_TRUE(mapping);
  server_.vm.memory.at(Slot(1)).host[0] = std::byte{9};
  EXPECT_EQ(mapping->data()[0], std::byte{9});
}

TEST_F(ExecutorTest, AGpuBufferThatCantBeMappedIsNotKept) {
  size_t fds = count_open_fds();
  server_.vm.fail_next_with = ENOMEM;
  EXPECT_EQ(code_of(execute(request::AllocateAndRegisterGpuMemory{64, 64, kNv12})), ENOMEM);
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(code_of(execute(request::AllocateAndRegisterGpuMemory{0, 64, kNv12})), EINVAL);
}

TEST_F(ExecutorTest, WithoutAGpuAllocatorTheAnswerIsEnodev) {
  Executor executor({.vm = server_.vm, .memory = server_.memory, .balloon = server_.balloon});
  auto response = executor.execute(request::AllocateAndRegisterGpuMemory{64, 64, kNv12});
  EXPECT_EQ(std::get<response::Err>(response).code, ENODEV);
}

TEST_F(ExecutorTest, MemoryThatTakesASlotNeedsTheRightForIt) {
  auto memory = SharedMemory::create("test", kPageSize);
  auto map = [&](Rights rights, RegionFlags flags) {
    Request request = request::MapMemory{
        .fd = MaybeOwnedFd::borrow(memory->fd()), .size = kPageSize, .flags = flags};
    auto account = std::make_shared<Account>(Resources{.regions = 9, .bytes = 1 << 20});
    Caller caller{.rights = rights, .account = account, .lasting_account = account};
    int code = code_of(server_.executor.execute(caller, request));
    server_.executor.release_all_of(OwnerId::kVm);
    return code;
  };
  EXPECT_EQ(map(Right::kMemory, {}), 0);
  EXPECT_EQ(map(Right::kMemory, {.read_only = true}), EPERM);
  EXPECT_EQ(map(Right::kMemory | Right::kAdmin, {.log_dirty = true}), EPERM);
  EXPECT_EQ(map(Right::kMemory | Right::kMemslots, {.read_only = true}), 0);
}

TEST_F(ExecutorTest, AnIoeventAnywhereIsToldWhere) {
  auto event = EventFd::create();
  auto registered = [&](bool any, uint64_t address) {
    return *execute(request::RegisterIoevent{
        MaybeOwnedFd::borrow(event->fd()), {.address = address, .length = 4}, any});
  };
  uint64_t first = GuestLayout::kDoorbells.value();
  EXPECT_EQ(std::get<response::IoeventRegistered>(registered(false, first)).address, 0u);
  EXPECT_EQ(std::get<response::IoeventRegistered>(registered(true, 0)).address, first + 4);
  ASSERT_EQ(server_.vm.ioevents.size(), 2u);
  EXPECT_EQ(server_.vm.ioevents[1].second.address, first + 4);
}

TEST_F(ExecutorTest, DoorbellsAndInterruptsReachTheMachine) {
  auto event = EventFd::create();
  Ioevent ioevent{.address = 0x1000, .length = 4, .datamatch = 7};
  auto borrowed = [&] { return MaybeOwnedFd::borrow(event->fd()); };
  EXPECT_EQ(code_of(execute(request::RegisterIoevent{borrowed(), ioevent})), 0);
  EXPECT_EQ(code_of(execute(request::RegisterIrqfd{borrowed(), 5})), 0);
  ASSERT_EQ(server_.vm.ioevents.size(), 1u);
  EXPECT_EQ(server_.vm.ioevents[0].second, ioevent);
  ASSERT_EQ(server_.vm.irqs.size(), 1u);
  EXPECT_EQ(server_.vm.irqs[0].second, 5u);
  server_.vm.fail_next_with = EEXIST;
  EXPECT_EQ(code_of(execute(request::RegisterIoevent{borrowed(), ioevent})), EEXIST);
}

TEST_F(ExecutorTest, TheProcessItselfMayAskForTheStatusAndPause) {
  auto status = execute(request::Status{});
  EXPECT_EQ(std::get<response::Status>(*status).status.state, VmState::kRunning);
  EXPECT_EQ(code_of(execute(request::Pause{})), 0);
  EXPECT_EQ(server_.vm.pauses, 1);
  EXPECT_EQ(code_of(execute(request::Resume{})), 0);
}

TEST_F(ExecutorTest, WhatIsAboutAConnectionIsRefusedOutsideOfOne) {
  EXPECT_EQ(code_of(execute(request::Hello{})), EOPNOTSUPP);
  EXPECT_EQ(code_of(execute(request::Subscribe{})), EOPNOTSUPP);
  EXPECT_EQ(code_of(execute(request::OpenSession{})), EOPNOTSUPP);
}

}  // namespace
}  // namespace vm_control
