// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "vm_control/transport/message.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

TEST(Socket, PairsAreConnectedAndCloseOnExec) {
  for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
    auto pair = make_socket_pair(type);
    ASSERT_TRUE(pair);
    EXPECT_EQ(fcntl(pair->first.get(), F_GETFD), FD_CLOEXEC);
    auto kind = inspect_socket(pair->second.get());
    ASSERT_TRUE(kind);
    EXPECT_EQ(kind->type, type);
    EXPECT_TRUE(kind->connected);
    EXPECT_FALSE(kind->listening);
  }
}

TEST(Socket, ABlockingReceiveEndsAtItsDeadline) {
  auto pair = make_socket_pair(SocketType::kSeqpacket);
  ASSERT_TRUE(set_socket_deadline(pair->first.get(), milliseconds(20)));
  auto start = std::chrono::steady_clock::now();
  std::byte buffer[4];
  EXPECT_EQ(receive_message(pair->first.get(), buffer, 0).error().code(), EAGAIN);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(15));
}

TEST(Socket, KnowsAPeerThatHungUp) {
  auto pair = make_socket_pair(SocketType::kSeqpacket);
  EXPECT_FALSE(peer_hung_up(pair->first.get()));
  shutdown(pair->second.get(), SHUT_WR);
  EXPECT_TRUE(peer_hung_up(pair->first.get()));
}

TEST(Socket, RefusesToInspectWhatIsNoUnixMessageSocket) {
  UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(inspect_socket(file.get()).error().code(), ENOTSOCK);
  EXPECT_EQ(inspect_socket(-1).error().code(), EBADF);
  UniqueFd stream(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(inspect_socket(stream.get()).error().code(), EPROTONOSUPPORT);
  UniqueFd internet(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(inspect_socket(internet.get()).error().code(), EPROTONOSUPPORT);
}

}  // namespace
}  // namespace vm_control
