// SPDX-License-Identifier: BSD-3-Clause
// The table "Where the 2018 server differs" of the protocol document,
// row by row, over sockets of both types. The rows about what a client does are in client/.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vm_control/base/test_limit.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerTable : public testing::TestWithParam<SocketType> {
 protected:
  std::optional<Response> call(const Request& request) { return server_.call(peer_, request); }
  std::optional<Response> call(std::span<const std::byte> bytes, const std::vector<int>& fds = {}) {
    return server_.call(peer_, bytes, fds);
  }

  TestServer server_;
  TestPeer peer_ = server_.connect(GetParam());
  SharedMemory page_ = *SharedMemory::create("test", 4096);
};

INSTANTIATE_TEST_SUITE_P(Both, ServerTable,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(ServerTable, ARequestOfTheWrongSizeIsAnswered) {
  std::array<std::byte, 64> bytes{};
  bytes[0] = std::byte{1};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    if (size == kRequestSize) continue;
    if (GetParam() == SocketType::kDatagram && size == kResponseSize) continue;  // not answered
    EXPECT_EQ(code_of(call(std::span(bytes).first(size))), EMSGSIZE) << size;
  }
  EXPECT_EQ(server_.vm.exits, 0) << "an Exit that is too long must not be obeyed";
}

TEST_P(ServerTable, AnUnknownTypeIsAnswered) {
  for (uint32_t type : {0u, 6u, 12u, 0x99u, UINT32_MAX}) {
    EXPECT_EQ(code_of(call(request_frame(type))), EOPNOTSUPP) << type;
  }
}

TEST_P(ServerTable, AMissingDescriptorIsAnswered) {
  EXPECT_EQ(code_of(call(request_frame(2))), EBADF);
}

TEST_P(ServerTable, OfMoreDescriptorsThanOneAllAreClosedAndNothingIsExecuted) {
  size_t fds = count_open_fds();
  EXPECT_EQ(code_of(call(request_frame(1), {page_.fd(), page_.fd()})), E2BIG);
  RequestFrame frame = encode(register_memory(page_.fd(), 4096)).bytes;
  EXPECT_EQ(code_of(call(frame, std::vector<int>(253, page_.fd()))), E2BIG);
  EXPECT_EQ(server_.vm.exits, 0);
  EXPECT_TRUE(server_.vm.memory.empty());
  EXPECT_EQ(count_open_fds(), fds);
}

TEST_P(ServerTable, ADescriptorThatARequestDoesNotTakeIsClosedAndTheRequestObeyed) {
  size_t fds = count_open_fds();
  EXPECT_EQ(code_of(call(request_frame(1), {page_.fd()})), 0);
  EXPECT_EQ(server_.vm.exits, 1);
  EXPECT_EQ(count_open_fds(), fds);
}

TEST_P(ServerTable, WithoutAFreeDescriptorTheAnswerIsEmfileAndNothingIsExecuted) {
  // UBSan needs descriptors of its own the first time that it meets a handler.
  ASSERT_EQ(code_of(call(request::BalloonAdjust{0})), 0);
  size_t fds = count_open_fds();
  ASSERT_TRUE(peer_.send(register_memory(page_.fd(), 4096)));
  {
    LowLimit limit(RLIMIT_NOFILE, 0);
    server_.pump();
  }
  EXPECT_EQ(code_of(peer_.receive()), EMFILE);
  EXPECT_TRUE(server_.vm.memory.empty());
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_EQ(code_of(call(register_memory(page_.fd(), 4096))), 0);
}

TEST_P(ServerTable, ASizeLargerThanTheFileIsRefused) {
  EXPECT_EQ(code_of(call(register_memory(page_.fd(), 8192))), EINVAL);
}

TEST_P(ServerTable, ASizeThatIsNoneIsRefused) {
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{4095}, ~uint64_t{0}, ~uint64_t{4095}}) {
    EXPECT_EQ(code_of(call(register_memory(page_.fd(), size))), EINVAL) << size;
  }
}

TEST_P(ServerTable, GuestAddressesAndSlotsAreUsedAgain) {
  for (int round = 0; round < 100; ++round) {
    auto response = call(register_memory(page_.fd(), 4096));
    auto* memory = std::get_if<response::Memory>(&*response);
    ASSERT_TRUE(memory);
    ASSERT_EQ(memory->pfn, PageFrameNumber(TestServer::kWindowStart / kPageSize));
    ASSERT_EQ(memory->slot, Slot(1));
    ASSERT_EQ(code_of(call(request::UnregisterMemory{memory->slot})), 0);
  }
}

TEST_P(ServerTable, AfterARegisterThatTheHypervisorRefusesNothingHasChanged) {
  server_.vm.fail_next_with = EINVAL;
  EXPECT_EQ(code_of(call(register_memory(page_.fd(), 4096))), EINVAL);
  auto response = call(register_memory(page_.fd(), 4096));
  EXPECT_EQ(std::get<response::Memory>(*response).slot, Slot(1));
  EXPECT_EQ(std::get<response::Memory>(*response).pfn,
            PageFrameNumber(TestServer::kWindowStart / kPageSize));
}

TEST_P(ServerTable, BalloonAdjustIsAnsweredByWhatBecameOfIt) {
  EXPECT_EQ(code_of(call(request::BalloonAdjust{5})), 0);
  EXPECT_EQ(server_.balloon.target_pages(), 5);
  server_.balloon.connected = false;
  EXPECT_EQ(code_of(call(request::BalloonAdjust{5})), ENOTCONN);
}

TEST_P(ServerTable, TheErrorsOfTheOriginalAreKept) {
  UniqueFd read_only(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(code_of(call(register_memory(read_only.get(), 4096))), EACCES);
  UniqueFd path_only(open("/proc/self/exe", O_PATH | O_CLOEXEC));
  EXPECT_EQ(code_of(call(register_memory(path_only.get(), 4096))), EBADF);
  EXPECT_EQ(code_of(call(register_memory(peer_.fd(), 4096))), ENODEV);
  auto sealed = SharedMemory::create("test", 4096);
  ASSERT_EQ(fcntl(sealed->fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_EQ(code_of(call(register_memory(sealed->fd(), 4096))), EPERM);
  EXPECT_EQ(code_of(call(request::UnregisterMemory{Slot(77)})), ENOENT);
}

TEST_P(ServerTable, ResponsesComeInTheOrderOfPipelinedRequests) {
  ASSERT_TRUE(peer_.send(register_memory(page_.fd(), 4096)));
  ASSERT_TRUE(peer_.send(request::UnregisterMemory{Slot(1)}));
  ASSERT_TRUE(peer_.send(request::UnregisterMemory{Slot(1)}));
  server_.pump();
  EXPECT_TRUE(std::holds_alternative<response::Memory>(*peer_.receive()));
  EXPECT_EQ(code_of(peer_.receive()), 0);
  EXPECT_EQ(code_of(peer_.receive()), ENOENT);
}

TEST_P(ServerTable, WhenAPeerGoesWhatItOwnsIsReleased) {
  auto response = call(register_memory(page_.fd(), 4096));
  ASSERT_EQ(code_of(response), 0);
  peer_.close();
  server_.pump();
  EXPECT_EQ(server_.server->session_count(), 0u);
  // A datagram peer has no session: what it registered is the VM's.
  size_t left = GetParam() == SocketType::kSeqpacket ? 0 : 1;
  EXPECT_EQ(server_.vm.memory.size(), left);
  TestPeer next = server_.connect(GetParam());
  Slot slot = std::get<response::Memory>(*response).slot;
  EXPECT_EQ(code_of(server_.call(next, request::UnregisterMemory{slot})), left ? 0 : ENOENT);
  EXPECT_TRUE(server_.vm.memory.empty());
}

TEST_P(ServerTable, ASessionReleasesOnlyWhatItOwns) {
  Slot slot = std::get<response::Memory>(*call(register_memory(page_.fd(), 4096))).slot;
  TestPeer other = server_.adopt({.allow = Right::kMemory});
  EXPECT_EQ(code_of(server_.call(other, request::UnregisterMemory{slot})), ENOENT);
  EXPECT_EQ(code_of(call(request::UnregisterMemory{slot})), 0);
}

}  // namespace
}  // namespace vm_control
