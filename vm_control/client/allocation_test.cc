// SPDX-License-Identifier: BSD-3-Clause
// After a warm-up, neither the client nor the server allocates memory for a request.
//
// This is a program of its own, because it counts all calls of operator new in the process.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <thread>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/client/client.h"
#include "vm_control/client/test_allocations.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/fake_balloon.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/server/outbox.h"
#include "vm_control/server/server.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

constexpr uint32_t kXr24 = 0x34325258;

// Accepts everything and stores nothing.
class ForgetfulVirtualMachine final : public VirtualMachine {
 public:
  Result<void> add_memory(Slot, GuestRange, std::byte*, RegionFlags) override { return {}; }
  Result<void> remove_memory(Slot) override { return {}; }
  Result<std::vector<uint64_t>> take_dirty_log(Slot) override { return {}; }
  Result<void> register_ioevent(int, const Ioevent&) override { return {}; }
  Result<void> unregister_ioevent(int, const Ioevent&) override { return {}; }
  Result<void> register_irqfd(int, uint32_t) override { return {}; }
  Result<void> unregister_irqfd(int, uint32_t) override { return {}; }
  void request_pause() override {}
  void request_resume() override {}
  void request_exit() override {}
  Result<void> request_power_button() override { return {}; }
  Info info() const override { return {}; }
};

constexpr int kWarmUp = 100;
constexpr int kRequests = 1000;

// How often the process allocates in kRequests runs of `request`, after kWarmUp runs.
template <class Function>
size_t count_allocations(Function request) {
  for (int i = 0; i < kWarmUp; ++i) request();
  size_t before = count_allocations_so_far();
  for (int i = 0; i < kRequests; ++i) request();
  return count_allocations_so_far() - before;
}

class AllocationTest : public testing::Test {
 protected:
  AllocationTest() {
    auto [served, used] = *make_socket_pair(SocketType::kSeqpacket);
    EXPECT_TRUE(server_->adopt(std::move(served)));
    raw_ = used.get();
    client_.emplace(*Client::adopt(std::move(used)));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~AllocationTest() override {
    loop_.stop();
    thread_.join();
  }

  // Sends any message, and returns the errno of the server's response.
  int refusal_of(std::span<const std::byte> bytes) const {
    EXPECT_TRUE(send_message(raw_, bytes, -1, 0));
    ResponseFrame frame;
    auto message = receive_message(raw_, frame, 0);
    auto response = decode_response(frame, std::move(message->fd));
    auto* err = std::get_if<response::Err>(&*response);
    return err ? err->code : 0;
  }

  EventLoop loop_ = *EventLoop::create();
  ForgetfulVirtualMachine vm_;
  MemslotMapper mapper_{vm_};
  DeviceMemory memory_{
      {.window = {*GuestRange::create(GuestAddress(1ULL << 32), 64 << 20), mapper_}},
      Slot(1),
      8,
      *MountTable::create()};
  FakeBalloon balloon_;
  MemfdAllocator gpu_;
  Executor executor_{{.vm = vm_, .memory = memory_, .balloon = balloon_, .gpu = &gpu_}};
  std::unique_ptr<Server> server_ = *Server::create(loop_, executor_, {});
  SharedMemory page_ = *SharedMemory::create("test", kPageSize);
  int raw_ = -1;
  std::optional<Client> client_;
  std::thread thread_;
};

TEST(CountingAllocations, SeesOne) {
  size_t before = count_allocations_so_far();
  auto one = std::make_unique<int>(1);
  EXPECT_EQ(count_allocations_so_far() - before, 1u);
}

TEST_F(AllocationTest, AdjustingTheBalloonMakesNone) {
  EXPECT_EQ(count_allocations([&] { ASSERT_TRUE(client_->adjust_balloon(1)); }), 0u);
}

TEST_F(AllocationTest, TheStateOfTheBalloonMakesNone) {
  balloon_.report({.free_bytes = kPageSize});
  EXPECT_EQ(count_allocations([&] {
              ASSERT_TRUE(client_->set_balloon(kPageSize));
              ASSERT_TRUE(client_->balloon_status());
              ASSERT_TRUE(client_->balloon_stats());
            }),
            0u);
}

TEST_F(AllocationTest, RegisteringAndUnregisteringMemoryMakesNone) {
  EXPECT_EQ(count_allocations([&] {
              auto memory = client_->register_memory(page_.fd(), kPageSize);
              ASSERT_TRUE(memory);
              ASSERT_TRUE(client_->unregister_memory(memory->slot));
            }),
            0u);
}

TEST_F(AllocationTest, AGpuBufferMakesNone) {
  EXPECT_EQ(count_allocations([&] {
              auto buffer = client_->allocate_gpu_memory(64, 16, kXr24);
              ASSERT_TRUE(buffer);
              ASSERT_TRUE(client_->unregister_memory(buffer->slot));
            }),
            0u);
}

TEST_F(AllocationTest, ARefusedRequestMakesNone) {
  balloon_.connect(false);
  EXPECT_EQ(count_allocations(
                [&] { ASSERT_EQ(client_->adjust_balloon(1).error().error.code(), ENOTCONN); }),
            0u);
  EXPECT_EQ(count_allocations([&] {
              ASSERT_EQ(client_->unregister_memory(Slot(UINT32_MAX)).error().error.code(), ENOENT);
            }),
            0u);
  EXPECT_EQ(count_allocations([&] {
              ASSERT_EQ(client_->register_memory(page_.fd(), 1).error().error.code(), EINVAL);
            }),
            0u);
  EXPECT_EQ(count_allocations([&] {
              ASSERT_EQ(client_->register_memory(raw_, kPageSize).error().error.code(), ENODEV);
            }),
            0u);
  EXPECT_EQ(count_allocations([&] {
              ASSERT_EQ(client_->allocate_gpu_memory(1, 1, 0).error().error.code(), EINVAL);
            }),
            0u);
}

TEST_F(AllocationTest, AMalformedRequestMakesNone) {
  RequestFrame frame{};
  EXPECT_EQ(count_allocations([&] { ASSERT_EQ(refusal_of(frame), EOPNOTSUPP); }), 0u);
  auto half = std::span(frame).first(kRequestSize / 2);
  EXPECT_EQ(count_allocations([&] { ASSERT_EQ(refusal_of(half), EMSGSIZE); }), 0u);
}

TEST(TimerAllocation, SettingOneMakesNone) {
  EventLoop loop = *EventLoop::create();
  Timer timer = loop.timer([] {});
  EXPECT_EQ(count_allocations([&] {
              timer.call_at(EventLoop::Clock::now());
              while (timer) loop.run_once(5000);
            }),
            0u);
}

TEST(OutboxAllocation, APeerThatIsSlowMakesNone) {
  auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
  int least = 0;
  ASSERT_EQ(setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
  Outbox outbox(std::make_shared<Account>(Resources()));
  EXPECT_EQ(count_allocations([&, &ours = ours, &theirs = theirs] {
              while (!outbox.full()) ASSERT_TRUE(outbox.send(ours.get(), response::Ok{}));
              ResponseFrame frame;
              while (receive_message(theirs.get(), frame, MSG_DONTWAIT)) {
                ASSERT_TRUE(outbox.flush(ours.get()));
              }
              ASSERT_TRUE(outbox.empty());
            }),
            0u);
}

}  // namespace
}  // namespace vm_control
