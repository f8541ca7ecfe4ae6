// SPDX-License-Identifier: BSD-3-Clause
// The floor of a round trip: two threads that exchange the protocol's 32 and 48 bytes over a
// seqpacket socket pair, and do nothing else.
//
// It uses blocking sendmsg(2) and recvmsg(2) with the least that a message needs, and nothing of
// the library, so that the floor does not change with the library.
#pragma once

#include <array>
#include <cstddef>
#include <thread>

namespace vm_control::bench {

class PingPong {
 public:
  // with_fd  each request carries a descriptor, which its receiver closes.
  explicit PingPong(bool with_fd);
  ~PingPong();
  PingPong(const PingPong&) = delete;
  PingPong& operator=(const PingPong&) = delete;

  // Sends a request, with `fd` if the constructor was given `with_fd`, and waits for the response.
  void exchange(int fd = -1);

 private:
  void answer() const;

  std::array<int, 2> sockets_;
  bool with_fd_;
  std::thread answerer_;
};

}  // namespace vm_control::bench
