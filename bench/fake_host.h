// SPDX-License-Identifier: BSD-3-Clause
// The real server over a FakeVirtualMachine, for what needs no KVM: round trips.
#pragma once

#include <memory>

#include "bench/server_thread.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/fake_balloon.h"
#include "vm_control/resources/fake_virtual_machine.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/server/server.h"

namespace vm_control::bench {

class FakeHost {
 public:
  FakeHost();

  Client& client() { return thread_.client(); }

 private:
  EventLoop loop_;
  FakeVirtualMachine vm_;
  MemslotMapper mapper_;
  DeviceMemory memory_;
  FakeBalloon balloon_;
  Executor executor_;
  std::unique_ptr<Server> server_;
  ServerThread thread_;
};

}  // namespace vm_control::bench
