// SPDX-License-Identifier: BSD-3-Clause
// A server that vmctl can reach, over a machine and a balloon that a test plays.
#pragma once

#include <string>
#include <utility>

#include "tests/command_line/test_process.h"
#include "vm_control/server/test_server.h"

namespace vm_control {

class ServedVm {
 public:
  explicit ServedVm(const std::string& path, SocketType type = SocketType::kSeqpacket,
                    const SocketPolicy& policy = {}) {
    EXPECT_TRUE(server_.server->listen(path, type, policy));
    main_.emplace(server_.loop);
  }

  // The balloon, for function(balloon).
  template <class Function>
  auto with_balloon(Function function) {
    std::lock_guard lock(server_.balloon.mutex);
    return function(server_.balloon);
  }
  // Says at once what the guest tells, without waiting for it.
  void tell(BalloonStats stats) {
    stats.age_ms = 50;
    server_.balloon.report(stats);
  }
  BalloonStatus balloon() const { return server_.balloon.status(); }

  // The machine, for function(vm).
  template <class Function>
  auto with_machine(Function function) {
    std::lock_guard lock(server_.vm.mutex);
    return function(server_.vm);
  }

  // Ends the VM: its sessions are closed.
  void end() {
    main_->stop();
    server_.server.reset();
  }

 private:
  TestServer server_;
  std::optional<TestLoopThread> main_;
};

}  // namespace vm_control
