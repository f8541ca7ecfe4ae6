// SPDX-License-Identifier: BSD-3-Clause
// Every message, valid or not, gets exactly one answer and leaves nothing behind.
#include <gtest/gtest.h>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

// All known types and their neighbours.
std::vector<uint32_t> types() {
  std::vector<uint32_t> all;
  for (uint32_t type = 0; type <= 6; ++type) all.push_back(type);
  for (uint32_t type = 0x100; type <= 0x160; ++type) all.push_back(type);
  return all;
}

class EveryMessage : public testing::Test {
 protected:
  void expect_one_answer(const UniqueFd& peer, std::span<const std::byte> bytes, size_t fds) {
    ASSERT_GE(send_with_fds(peer.get(), bytes, std::vector<int>(fds, page_.fd())), 0);
    ASSERT_NE(code_of(receive_response(peer.get())), -1) << bytes.size() << " bytes, " << fds;
  }
  // A second answer to an earlier request would be taken for the answer to this one.
  void expect_no_other_answer(const UniqueFd& peer) {
    ASSERT_TRUE(send_request(peer.get(), request::Hello{}));
    auto response = receive_response(peer.get());
    ASSERT_TRUE(response && std::holds_alternative<response::Hello>(*response));
  }

  ServerProcess server_;
  SharedMemory page_ = *SharedMemory::create("test", kPageSize);
};

TEST_F(EveryMessage, HasExactlyOneAnswerAndLeavesNoDescriptor) {
  Footprint before = server_.footprint();
  for (uint32_t type : types()) {
    SCOPED_TRACE(type);
    std::array<std::byte, 64> bytes{};
    store(bytes, 0, type);
    store(bytes, 8, uint64_t{kPageSize});
    UniqueFd peer = server_.connect();
    for (size_t size : {32u, 0u, 1u, 31u, 33u, 48u, 64u}) {
      for (size_t fds : {0u, 1u, 2u, 3u, 253u}) {
        expect_one_answer(peer, std::span(bytes).first(size), fds);
        if (HasFatalFailure()) return;
      }
    }
    expect_no_other_answer(peer);
    peer.reset();
    ASSERT_EQ(server_.footprint_after(before), before);
  }
}

}  // namespace
}  // namespace vm_control
