// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

constexpr uint32_t kXr24 = 0x34325258;

// A client, and the real server on a thread of its own.
class ClientTest : public testing::TestWithParam<SocketType> {
 protected:
  ClientTest() {
    EXPECT_TRUE(server_.server->listen(path_, GetParam()));
    main_.emplace(server_.loop);
  }

  TestServer server_;
  std::string path_ = server_.directory + "/vm.sock";
  SharedMemory page_ = *SharedMemory::create("test", 4096);
  std::optional<TestLoopThread> main_;
};

INSTANTIATE_TEST_SUITE_P(Both, ClientTest,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(ClientTest, MakesEveryClassicCall) {
  auto client = Client::connect(path_);
  ASSERT_TRUE(client) << client.error().message();

  auto memory = client->register_memory(page_.fd(), 4096);
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->pfn, PageFrameNumber(TestServer::kWindowStart / kPageSize));
  EXPECT_TRUE(client->unregister_memory(memory->slot));

  auto gpu = client->allocate_gpu_memory(64, 16, kXr24);
  ASSERT_TRUE(gpu) << gpu.error().message();
  EXPECT_EQ(gpu->desc.planes[0].stride, 256u);
  EXPECT_TRUE(MemoryMapping::shared(gpu->fd.get(), 0, 4096));

  EXPECT_TRUE(client->adjust_balloon(5));
  EXPECT_TRUE(client->adjust_balloon(-3));
  EXPECT_TRUE(client->exit());
  main_->stop();
  EXPECT_EQ(server_.balloon.target_pages(), 2);
  EXPECT_EQ(server_.vm.exits, 1);
}

TEST_P(ClientTest, ARefusalHasItsErrnoAndLeavesTheConnection) {
  auto client = Client::connect(path_);
  auto refused = client->unregister_memory(Slot(77));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::kRefused);
  EXPECT_EQ(refused.error().error.code(), ENOENT);
  EXPECT_EQ(refused.error().message(), "the VM refused: ENOENT (No such file or directory)");
  EXPECT_TRUE(client->adjust_balloon(1));
}

TEST_P(ClientTest, ARequestThatCantBeSentLeavesTheConnection) {
  auto client = Client::connect(path_);
  EXPECT_EQ(client->register_memory(9999, 4096).error().kind, Kind::kLocal);
  EXPECT_TRUE(client->adjust_balloon(1));
}

TEST_P(ClientTest, LeavesNoDescriptorBehind) {
  {
    auto client = Client::connect(path_);
    ASSERT_TRUE(client->adjust_balloon(1));
  }
  size_t before = count_open_fds();
  for (int round = 0; round < 100; ++round) {
    auto client = Client::connect(path_);
    auto gpu = client->allocate_gpu_memory(16, 16, kXr24);
    ASSERT_TRUE(gpu);
    ASSERT_TRUE(client->unregister_memory(gpu->slot));
  }
  main_->stop();
  server_.pump();
  EXPECT_LE(count_open_fds(), before);
}

TEST_P(ClientTest, WaitsUntilTheVmHasClosedTheConnection) {
  auto client = Client::connect(path_, milliseconds(100));
  ASSERT_TRUE(client->adjust_balloon(1));
  if (GetParam() == SocketType::kSeqpacket) {
    EXPECT_EQ(client->wait_until_closed().error().kind, Kind::kTimedOut);
    client = Client::connect(path_);
    ASSERT_TRUE(client->adjust_balloon(1));
  }
  main_->stop();
  server_.server.reset();
  EXPECT_TRUE(client->wait_until_closed());
}

TEST(ClientConnect, TellsWhyItCant) {
  EXPECT_EQ(Client::connect("/nonexistent/vm.sock").error().code(), ENOENT);
  EXPECT_EQ(Client::adopt(UniqueFd()).error().code(), EBADF);
  EXPECT_EQ(Client::adopt(*make_socket(SocketType::kSeqpacket)).error().code(), ENOTCONN);
}

}  // namespace
}  // namespace vm_control
