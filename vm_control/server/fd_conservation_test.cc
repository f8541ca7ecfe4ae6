// SPDX-License-Identifier: BSD-3-Clause
// Every request type with every number of descriptors: what this process has open is the same after
// each.
#include <gtest/gtest.h>

#include "vm_control/protocol/test_frames.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr size_t kMaxFds = 253;  // SCM_MAX_FD of the kernel

class FdConservation : public testing::TestWithParam<SocketType> {
 protected:
  // Releases whatever the last request registered.
  void release_all() {
    Caller admin{.owner = {}, .rights = Right::kAdmin};
    while (!server_.vm.memory.empty()) {
      ASSERT_TRUE(server_.memory.remove(server_.vm.memory.begin()->first, admin));
    }
  }

  TestServer server_;
  TestPeer peer_ = server_.connect(GetParam());
  SharedMemory page_ = *SharedMemory::create("test", 4096);
};

INSTANTIATE_TEST_SUITE_P(Both, FdConservation,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

// Known types and not.
constexpr uint32_t kRequestTypes[] = {0,     1,     2,     3,     4,     5,     6,     0x100,
                                      0x110, 0x111, 0x112, 0x113, 0x120, 0x121, 0x122, 0x130,
                                      0x131, 0x140, 0x142, 0x143, 0x150, 0x151, 0x152};

std::vector<RequestFrame> good_and_bad_frames() {
  std::vector<RequestFrame> frames;
  for (uint32_t type : kRequestTypes) {
    for (uint64_t size : {uint64_t{0}, uint64_t{4096}, uint64_t{8192}, ~uint64_t{0}}) {
      for (uint32_t side : {0u, 16u}) {
        RequestFrame frame{};
        store(frame, 0, type);
        store(frame, 8, size);
        store(frame, 20, side);
        store(frame, 24, side);
        store(frame, 28, uint32_t{0x34325258});
        frames.push_back(frame);
      }
    }
  }
  return frames;
}

TEST_P(FdConservation, HoldsForEveryRequest) {
  size_t before = count_open_fds();
  for (const RequestFrame& frame : good_and_bad_frames()) {
    for (size_t count : {size_t{0}, size_t{1}, size_t{2}, kMaxFds}) {
      ASSERT_NE(code_of(server_.call(peer_, frame, std::vector<int>(count, page_.fd()))), -1);
      release_all();
      ASSERT_EQ(count_open_fds(), before) << "type " << load<uint32_t>(frame, 0) << ", " << count;
    }
  }
}

TEST_P(FdConservation, HoldsForEveryNumberOfDescriptors) {
  size_t before = count_open_fds();
  for (uint32_t type : {1u, 2u, 0x140u}) {
    for (size_t count = 0; count <= kMaxFds; ++count) {
      auto answer = server_.call(peer_, request_frame(type), std::vector<int>(count, page_.fd()));
      ASSERT_NE(code_of(answer), -1);
      ASSERT_EQ(count_open_fds(), before) << "type " << type << ", " << count;
    }
  }
}

TEST_P(FdConservation, HoldsForMessagesOfEverySize) {
  size_t before = count_open_fds();
  std::array<std::byte, 64> bytes{};
  for (uint8_t type = 0; type <= 6; ++type) {
    bytes[0] = std::byte{type};
    for (size_t size = 0; size <= bytes.size(); ++size) {
      if (size == kRequestSize) continue;
      if (GetParam() == SocketType::kDatagram && size == kResponseSize) continue;  // not answered
      for (size_t count : {size_t{0}, size_t{1}, size_t{2}, kMaxFds}) {
        auto message = std::span(bytes).first(size);
        ASSERT_EQ(code_of(server_.call(peer_, message, std::vector<int>(count, page_.fd()))),
                  EMSGSIZE);
        ASSERT_EQ(count_open_fds(), before) << size << " bytes, " << count << " descriptors";
      }
    }
  }
}

}  // namespace
}  // namespace vm_control
