// SPDX-License-Identifier: BSD-3-Clause
// Addresses and slots are reused, any number of times and up to the last one.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/resources/window_mapper.h"
#include "vm_control/transport/test_fds.h"
#include "vmm/machine/machine.h"

namespace vm_control {
namespace {

class Reuse : public SocketTest {};

// The number of this process's mappings of memory that tests made.
size_t count_test_mappings() {
  return count_mappings("/memfd:integration_test");
}

// Waits until there are `expected` mappings, since the server may unmap memory after its answer.
size_t count_test_mappings_after(size_t expected) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count_test_mappings() != expected && std::chrono::steady_clock::now() < end) usleep(1000);
  return count_test_mappings();
}

TEST_P(Reuse, AHundredThousandRegionsLeaveNothingBehind) {
  constexpr int kPairs = 100'000;
  HostMemory memory(kPageSize);
  size_t mappings = count_test_mappings();
  auto first = client().register_memory(memory.fd(), kPageSize);
  ASSERT_TRUE(first);
  ASSERT_TRUE(client().unregister_memory(first->slot));
  size_t fds = count_open_fds();
  for (int i = 0; i < kPairs; ++i) {
    auto region = client().register_memory(memory.fd(), kPageSize);
    ASSERT_TRUE(region) << i << ": " << region.error().message();
    ASSERT_EQ(region->pfn, first->pfn) << i;
    ASSERT_EQ(region->slot, first->slot) << i;
    ASSERT_TRUE(client().unregister_memory(region->slot)) << i;
  }
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_EQ(count_test_mappings_after(mappings), mappings);

  ASSERT_TRUE(client().register_memory(memory.fd(), kPageSize));
  guest().poke(address_of(first->pfn), 0x600d'600d);
  EXPECT_EQ(memory.word(0), 0x600d'600du);
}

TEST_P(Reuse, AFullTableRefusesAndWorksOnceARegionIsFreed) {
  HostMemory memory(kPageSize);
  ASSERT_FALSE(client().unregister_memory(Slot(0)));  // the connection is accepted, then
  size_t fds = count_open_fds();
  size_t mappings = count_test_mappings();
  std::vector<Slot> slots;
  auto region = client().register_memory(memory.fd(), kPageSize);
  for (; region; region = client().register_memory(memory.fd(), kPageSize)) {
    slots.push_back(region->slot);
  }
  EXPECT_EQ(region.error().kind, CallError::Kind::kRefused) << region.error().message();
  EXPECT_EQ(region.error().error.code(), ENOSPC);
  // All slots of this host's KVM, except those of RAM, or all mappings of this process.
  uint32_t most = vm_->machine().device_slot_count();
  if (GetParam().has_window) {
    most = WindowMapper::max_regions(vm_->machine().layout().window(), most - 1);
  }
  ASSERT_EQ(slots.size(), most);
  EXPECT_TRUE(std::ranges::is_sorted(slots));

  Slot middle = slots[slots.size() / 2];
  HostMemory other(kPageSize);
  ASSERT_TRUE(client().unregister_memory(middle));
  auto again = client().register_memory(other.fd(), kPageSize);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->slot, middle);
  EXPECT_EQ(address_of(again->pfn), kDeviceMemory + slots.size() / 2 * kPageSize);
  guest().poke(address_of(again->pfn), 0x600d'600d);
  EXPECT_EQ(other.word(0), 0x600d'600du);
  EXPECT_EQ(memory.word(0), 0u);
  auto one_too_many = client().register_memory(memory.fd(), kPageSize);
  ASSERT_FALSE(one_too_many);
  EXPECT_EQ(one_too_many.error().error.code(), ENOSPC);

  for (Slot slot : slots) ASSERT_TRUE(client().unregister_memory(slot)) << slot.value();
  EXPECT_EQ(guest().peek(kDeviceMemory), nothing());
  EXPECT_EQ(count_open_fds(), fds + 1);  // `other`
  EXPECT_EQ(count_test_mappings_after(mappings + 1), mappings + 1);
}

INSTANTIATE_OVER_BOTH_SOCKETS(Reuse);

}  // namespace
}  // namespace vm_control
