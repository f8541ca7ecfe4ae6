// SPDX-License-Identifier: BSD-3-Clause
// A real virtual machine with the built-in guest, served as `vmctl run` serves it.
//
//   test ---- Client ----> sockets ---> Server, Executor ---> KVM
//     |                                                        |
//     +----- Monitor ----> serial port ------------------->  guest
//
// The machine's loop runs on a thread of its own; the test is a peer, as another process would be.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/integration/test_monitor.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

namespace vmm {
class Machine;
struct ExitReason;
}  // namespace vmm

// Where device memory starts, and what the guest reads where nothing is mapped.
inline constexpr uint64_t kDeviceMemory = 0x8000'0000;
inline constexpr uint32_t kNothing = 0xffff'ffff;

class TestVm {
 public:
  // Boots the guest up to its first prompt. Throws if something can't be built.
  TestVm();
  // Stops the guest if it still runs.
  ~TestVm();
  TestVm(const TestVm&) = delete;
  TestVm& operator=(const TestVm&) = delete;

  Monitor& monitor() { return *monitor_; }
  vmm::Machine& machine();
  Client connect(SocketType type) const;
  // Whether a line of the log has `text` in it.
  bool has_logged(const std::string& text);
  // Waits until the guest has stopped, and stops it if that takes too long.
  Result<vmm::ExitReason> wait();

 private:
  class Host;

  std::unique_ptr<Host> host_;
  std::optional<Monitor> monitor_;
};

// Skips the test where there is no KVM.
class VmTest : public testing::Test {
 protected:
  void SetUp() override;

  Monitor& guest() { return vm_->monitor(); }

  std::unique_ptr<TestVm> vm_;
};

// The same over sockets of both types.
class SocketTest : public VmTest, public testing::WithParamInterface<SocketType> {
 protected:
  void SetUp() override;

  Client& client() { return *client_; }

 private:
  std::optional<Client> client_;
};

#define INSTANTIATE_OVER_BOTH_SOCKETS(suite)                                               \
  INSTANTIATE_TEST_SUITE_P(Over, suite,                                                    \
                           testing::Values(SocketType::kSeqpacket, SocketType::kDatagram), \
                           [](const auto& type) { return to_string(type.param); })

}  // namespace vm_control
