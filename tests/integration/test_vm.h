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
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "tests/integration/test_monitor.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/client/client.h"
#include "vmhost/vm_host.h"

namespace vm_control {

// Where device memory starts, and what the guest reads where nothing is.
inline constexpr uint64_t kDeviceMemory = 0x8000'0000;
inline constexpr uint32_t kNothing = 0xffff'ffff;

class TestVm {
 public:
  // Boots the guest up to its first prompt. Throws what can't be built.
  TestVm();
  // Stops the guest, if nobody did.
  ~TestVm();
  TestVm(const TestVm&) = delete;
  TestVm& operator=(const TestVm&) = delete;

  Monitor& monitor() { return *monitor_; }
  vmm::Machine& machine() { return vm_->machine(); }
  Client connect(SocketType type) const;
  // Whether a line of the log has `text` in it.
  bool has_logged(const std::string& text);
  // Waits until the guest has stopped, which it is made to if it takes too long.
  Result<vmm::ExitReason> wait();

 private:
  std::string path(const char* name) const { return directory_.path() + "/" + name; }

  vmhost::VmHost::Options options();
  void log(std::string_view line);

  TestDirectory directory_;
  std::mutex log_mutex_;
  std::string log_;
  EventLoop loop_ = *EventLoop::create();
  std::unique_ptr<vmhost::VmHost> vm_;
  std::optional<Monitor> monitor_;
  std::optional<Result<vmm::ExitReason>> reason_;
  std::thread runner_;
};

// Skips where there is no KVM to test.
class VmTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kvm = kvm::Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
    vm_ = std::make_unique<TestVm>();
  }

  Monitor& guest() { return vm_->monitor(); }

  std::unique_ptr<TestVm> vm_;
};

// The same over sockets of both types.
class SocketTest : public VmTest, public testing::WithParamInterface<SocketType> {
 protected:
  void SetUp() override {
    VmTest::SetUp();
    if (vm_) client_ = vm_->connect(GetParam());
  }

  Client& client() { return *client_; }

 private:
  std::optional<Client> client_;
};

#define INSTANTIATE_OVER_BOTH_SOCKETS(suite)                                               \
  INSTANTIATE_TEST_SUITE_P(Over, suite,                                                    \
                           testing::Values(SocketType::kSeqpacket, SocketType::kDatagram), \
                           [](const auto& type) { return to_string(type.param); })

// Memory that the host can show a guest, and look at.
class HostMemory {
 public:
  explicit HostMemory(uint64_t size)
      : memory_(*SharedMemory::create("integration_test", size)),
        mapping_(*MemoryMapping::shared(memory_.fd(), 0, size)) {}

  int fd() const { return memory_.fd(); }
  uint64_t size() const { return memory_.size(); }
  std::span<std::byte> bytes() const { return mapping_.bytes(); }

  uint32_t word(uint64_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, mapping_.data() + offset, sizeof(value));
    return value;
  }
  void set_word(uint64_t offset, uint32_t value) const {
    std::memcpy(mapping_.data() + offset, &value, sizeof(value));
  }

 private:
  SharedMemory memory_;
  MemoryMapping mapping_;
};

inline uint64_t address_of(PageFrameNumber pfn) {
  return pfn.value() * kPageSize;
}

}  // namespace vm_control
