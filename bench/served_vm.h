// SPDX-License-Identifier: BSD-3-Clause
// A virtual machine served as an operator finds it: the real server in a thread of its own, and a
// client connected to its seqpacket socket.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "vm_control/balloon/balloon_target.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/client/client.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/balloon.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/server/server.h"

namespace vm_control::bench {

class VmHost {
 public:
  // vm  outlives this; its slots from 1 on are free.
  explicit VmHost(VirtualMachine& vm);
  ~VmHost();
  VmHost(const VmHost&) = delete;
  VmHost& operator=(const VmHost&) = delete;

  Client& client() { return *client_; }

 private:
  // A balloon that has a target, and nobody who follows it.
  struct Target final : Balloon {
    Result<void> adjust(int32_t num_pages) override;
    BalloonTarget target{1 << 20};
  };

  EventLoop loop_;
  MemslotMapper mapper_;
  DeviceMemory memory_;
  Target balloon_;
  Executor executor_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
  std::thread thread_;
};

}  // namespace vm_control::bench
