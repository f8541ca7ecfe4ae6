// SPDX-License-Identifier: BSD-3-Clause
#include "bench/server_thread.h"

#include <utility>

#include "bench/must.h"
#include "vm_control/transport/socket.h"

namespace vm_control::bench {
namespace {

Client connect(Server& server) {
  auto [served, used] = must(make_socket_pair(SocketType::kSeqpacket));
  must(server.adopt(std::move(served)));
  return must(Client::adopt(std::move(used)));
}

}  // namespace

ServerThread::ServerThread(EventLoop& loop, Server& server)
    : loop_(loop), client_(connect(server)), thread_([&loop] { loop.run(); }) {}

ServerThread::~ServerThread() {
  loop_.stop();
  thread_.join();
}

}  // namespace vm_control::bench
