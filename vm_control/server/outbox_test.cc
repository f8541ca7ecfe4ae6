// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/outbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    // So that the kernel holds a few responses, and the outbox the rest.
    int least = 0;
    EXPECT_EQ(setsockopt(ours(), SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
  }

  int ours() const { return pair_.first.get(); }

  // The slot of the next response; nothing if none has come.
  std::optional<uint32_t> receive() {
    ResponseFrame frame;
    auto message = receive_message(pair_.second.get(), frame, MSG_DONTWAIT);
    if (!message) return std::nullopt;
    return std::get<response::Memory>(*decode_response(frame, UniqueFd())).slot.value();
  }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(SocketType::kSeqpacket);
  Outbox outbox_{
      std::make_shared<Account>(Resources{.in_flight = 100, .in_flight_bytes = 1 << 20})};
};

TEST_F(OutboxTest, WhatThePeerTakesAtOnceDoesNotWait) {
  ASSERT_TRUE(outbox_.send(ours(), response::Memory{{}, Slot(7)}));
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(receive(), 7u);
}

TEST_F(OutboxTest, EverythingIsSentOnceAndInOrderHoweverOftenItFillsUp) {
  uint32_t sent = 0;
  uint32_t received = 0;
  for (int round = 0; round < 5; ++round) {
    while (!outbox_.full()) {
      ASSERT_TRUE(outbox_.send(ours(), response::Memory{{}, Slot(sent++)}));
    }
    // All but a few, so that the next round starts in another place.
    while (sent - received > 5) {
      ASSERT_EQ(receive(), received++);
      ASSERT_TRUE(outbox_.flush(ours()));
    }
  }
  EXPECT_GT(sent, 4 * Outbox::kCapacity);
  while (received < sent) {
    ASSERT_EQ(receive(), received++);
    ASSERT_TRUE(outbox_.flush(ours()));
  }
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(receive(), std::nullopt);
}

TEST_F(OutboxTest, ADescriptorIsClosedAsSoonAsItIsSent) {
  while (outbox_.empty()) ASSERT_TRUE(outbox_.send(ours(), response::Ok{}));
  size_t before = count_open_fds();
  UniqueFd fd = *UniqueFd::duplicate(ours());
  ASSERT_TRUE(outbox_.send(ours(), response::GpuMemory{std::move(fd), {}, {}, {}}));
  EXPECT_EQ(count_open_fds(), before + 1);
  ResponseFrame frame;
  while (!outbox_.empty()) {
    ASSERT_TRUE(receive_message(pair_.second.get(), frame, MSG_DONTWAIT));
    ASSERT_TRUE(outbox_.flush(ours()));
  }
  EXPECT_EQ(count_open_fds(), before);
}

TEST_F(OutboxTest, APeerThatIsGoneIsAnError) {
  while (outbox_.empty()) ASSERT_TRUE(outbox_.send(ours(), response::Ok{}));
  pair_.second.reset();
  EXPECT_FALSE(outbox_.flush(ours()));
}

}  // namespace
}  // namespace vm_control
