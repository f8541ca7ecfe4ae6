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

// Device memory starts at kDeviceMemory. The guest reads kNothing where nothing is mapped, and
// kHole where there is no region in the window, before it has written there.
inline constexpr uint64_t kDeviceMemory = 0x8000'0000;
inline constexpr uint32_t kNothing = 0xffff'ffff;
inline constexpr uint32_t kHole = 0;

// Over which sockets, and by which mapper.
struct Setup {
  SocketType socket = SocketType::kSeqpacket;
  bool has_window = true;
};

class TestVm {
 public:
  // Boots the guest up to its first prompt. Throws if something can't be built.
  explicit TestVm(bool has_window = true);
  // Stops the guest if it still runs.
  ~TestVm();
  TestVm(const TestVm&) = delete;
  TestVm& operator=(const TestVm&) = delete;

  Monitor& monitor() { return *monitor_; }
  vmm::Machine& machine();
  Client connect(SocketType type) const;
  // Whether a line of the log has `text` in it, now or soon: a thread of its own writes them.
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
  static void skip_without_kvm();

  Monitor& guest() { return vm_->monitor(); }

  std::unique_ptr<TestVm> vm_;
};

// The same over sockets of both types, and with memory slots instead of a window.
class SocketTest : public VmTest, public testing::WithParamInterface<Setup> {
 protected:
  void SetUp() override;

  Client& client() { return *client_; }
  // The guest reads this where there is no region.
  uint32_t nothing() const { return GetParam().has_window ? kHole : kNothing; }

 private:
  std::optional<Client> client_;
};

#define INSTANTIATE_OVER_BOTH_SOCKETS(suite)                                                    \
  INSTANTIATE_TEST_SUITE_P(                                                                     \
      Over, suite,                                                                              \
      testing::Values(Setup{}, Setup{.socket = SocketType::kDatagram}, Setup{.has_window = 0}), \
      [](const auto& setup) {                                                                   \
        return std::string(to_string(setup.param.socket)) +                                     \
               (setup.param.has_window ? "" : "_memslots");                                     \
      })

}  // namespace vm_control
