// SPDX-License-Identifier: BSD-3-Clause
// Descriptors that are slow, without bound, to close, to inspect or to seal: only their sender
// waits.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/resources/test_fuse.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/test_lingering.h"

namespace vm_control {
namespace {

// A request that takes longer was held up.
constexpr std::chrono::milliseconds kDelay(1000);

class SlowDescriptor : public WithTestFuse<> {
 protected:
  // Sends `fd` in all the ways that a client can: with a request that refuses it, with one that
  // takes no descriptor, and twice with that.
  void send_in_all_ways(int fd) {
    UniqueFd peer = server_.connect();
    auto bytes = [](const Request& request) { return encode(request).bytes; };
    request::RegisterMemory spec{MaybeOwnedFd::borrow(fd), kPageSize};
    send_with_fds(peer.get(), bytes(std::move(spec)), {fd});
    send_with_fds(peer.get(), bytes(request::Status{}), {fd, fd});
    send_with_fds(peer.get(), bytes(request::Status{}), {fd});
    EXPECT_EQ(code_of(receive_response(peer.get())), ENODEV) << "it is answered before the close";
    leave_unread(std::move(peer), fd);
  }

  // Leaves responses unread, so that the server stops reading and `fd` stays in the socket's queue.
  static void leave_unread(UniqueFd peer, int fd) {
    for (int tries = 0; tries < 100; ++tries) {
      if (!send_request(peer.get(), request::Hello{})) usleep(100);
    }
    EncodedRequest status = encode(request::Status{});
    for (int tries = 0; tries < 32; ++tries) {
      if (!send_message(peer.get(), status.bytes, fd, MSG_DONTWAIT)) usleep(100);
    }
  }

  void expect_others_are_served() {
    SharedMemory memory = *SharedMemory::create("test", kPageSize);
    for (int i = 0; i < 20; ++i) {
      auto start = std::chrono::steady_clock::now();
      auto mapped = server_.client().map_memory(memory.fd(), kPageSize);
      ASSERT_TRUE(mapped) << mapped.error().message();
      ASSERT_TRUE(server_.client().unmap_memory(mapped->handle));
      ASSERT_TRUE(Client::connect(server_.other_path())->status());
      ASSERT_LT(std::chrono::steady_clock::now() - start, kDelay);
      usleep(10'000);
    }
  }

  // Ends FUSE before the server, which ends only when no call of it is stuck.
  void TearDown() override {
    if (fuse_) fuse_->stop();
  }

  ServerProcess server_;
};

TEST_F(SlowDescriptor, OfFuseKeepsNobodyElseWaiting) {
  send_in_all_ways(fuse_->fd());
  expect_others_are_served();
}

TEST_F(SlowDescriptor, OfALingeringSocketKeepsNobodyElseWaiting) {
  // The server gets the last copy, whose close lingers.
  auto [sender, receiver] = make_lingering(30).value();
  UniqueFd peer = server_.connect();
  server_.stop();
  ASSERT_GT(send_with_fds(peer.get(), encode(request::Status{}).bytes, {sender.get()}), 0);
  sender.reset();
  server_.go_on();
  EXPECT_EQ(code_of(receive_response(peer.get())), 0);
  expect_others_are_served();
}

TEST_F(SlowDescriptor, OfALingeringSocketThatIsNeverReadKeepsNobodyElseWaiting) {
  auto [sender, receiver] = make_lingering(30).value();
  auto status = encode(request::Status{}).bytes;
  UniqueFd gone = server_.connect();
  server_.stop();
  // The peer leaves, so that the server can't deliver the answer to the first request.
  ASSERT_GT(send_with_fds(gone.get(), status, {}), 0);
  ASSERT_GT(send_with_fds(gone.get(), status, {sender.get()}), 0);
  sender.reset();
  gone.reset();
  server_.go_on();
  expect_others_are_served();
}

TEST_F(SlowDescriptor, ThatAStuckEpollWatchesKeepsNobodyElseWaiting) {
  // epoll_wait(2) holds a lock while it writes the events, here to memory of a FUSE file that never
  // answers. To close the last descriptor of a watched file takes that lock.
  UniqueFd event(eventfd(1, EFD_CLOEXEC));
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event readable{.events = EPOLLIN, .data = {}};
  ASSERT_EQ(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &readable), 0);
  void* data = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fuse_->fd(), 0);
  ASSERT_NE(data, MAP_FAILED);
  TestChild watcher([&] {
    event.reset();
    epoll_wait(epoll.get(), static_cast<epoll_event*>(data), 1, -1);
  });
  usleep(100'000);
  Client peer = *Client::connect(server_.path(), std::chrono::milliseconds(200));
  auto irqfd = peer.register_irqfd(event.get(), 16);
  ASSERT_TRUE(irqfd);
  event.reset();
  EXPECT_FALSE(peer.unregister_event(*irqfd)) << "its own thread closes the eventfd";
  expect_others_are_served();
  fuse_->stop();
  munmap(data, kPageSize);
}

TEST_F(SlowDescriptor, WhoseMemoryIsBeingWrittenKeepsNobodyElseWaiting) {
  // A write(2) holds the lock of the memory while it reads its data, here from a FUSE file that
  // never answers.
  UniqueFd memory = make_unsealed_memory(kPageSize);
  void* data = mmap(nullptr, kPageSize, PROT_READ, MAP_SHARED, fuse_->fd(), 0);
  ASSERT_NE(data, MAP_FAILED);
  TestChild writer([&] { static_cast<void>(write(memory.get(), data, kPageSize)); });
  usleep(100'000);
  UniqueFd peer = server_.connect();
  ASSERT_TRUE(send_request(peer.get(),
                           request::RegisterMemory{MaybeOwnedFd::borrow(memory.get()), kPageSize}));
  expect_others_are_served();
  fuse_->stop();
  EXPECT_EQ(code_of(receive_response(peer.get())), 0) << "once it can be sealed, it is mapped";
  munmap(data, kPageSize);
}

// A user who may not connect can still send descriptors before it is told so.
TEST_F(SlowDescriptor, OfStrangersKeepsNobodyElseWaitingAndIsBounded) {
  constexpr uid_t kStranger = 4712;
  constexpr size_t kBound = 100;
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  Footprint before = server_.footprint();
  TestChild stranger([&] {
    if (setuid(kStranger) != 0) return;
    auto status = encode(request::Status{}).bytes;
    for (;;) {
      auto peer = connect_socket(server_.path(), SocketType::kSeqpacket, kDelay);
      if (peer) send_with_fds(peer->get(), status, {fuse_->fd()});
    }
  });
  expect_others_are_served();
  usleep(500'000);
  Footprint during = server_.footprint();
  EXPECT_GT(during.fds, before.fds) << "the first close does not return";
  EXPECT_LT(during.fds, before.fds + kBound);
  EXPECT_EQ(during.sessions, before.sessions);
  expect_others_are_served();
  fuse_->stop();
}

}  // namespace
}  // namespace vm_control
