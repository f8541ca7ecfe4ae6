// SPDX-License-Identifier: BSD-3-Clause
// Memory that a client registers, as the guest sees it.
#include <numeric>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"

namespace vm_control {
namespace {

class RegisteredMemory : public SocketTest {
 protected:
  // Registers `memory`, and returns its guest address.
  uint64_t show(const HostMemory& memory) {
    response::Memory region = client().register_memory(memory.fd(), memory.size()).value();
    slot_ = region.slot;
    return address_of(region.pfn);
  }

  Slot slot_;
};

uint32_t sum_of(std::span<const std::byte> bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), 0u, [](uint32_t sum, std::byte each) {
    return sum + std::to_integer<uint32_t>(each);
  });
}

TEST_P(RegisteredMemory, ShowsTheGuestWhatTheHostWrites) {
  HostMemory memory(3 * kPageSize);
  for (uint32_t offset = 0; offset < memory.size(); offset += 4) {
    memory.set_word(offset, 0x9e37'79b9 * (offset + 1));
  }
  uint64_t address = show(memory);
  EXPECT_EQ(address, kDeviceMemory);
  for (uint64_t offset : {uint64_t{0}, kPageSize - 4, 2 * kPageSize, memory.size() - 4}) {
    EXPECT_EQ(guest().peek(address + offset), memory.word(offset)) << offset;
  }
  EXPECT_EQ(guest().sum(address, memory.size()), sum_of(memory.bytes()));

  memory.set_word(kPageSize, 0x5555'aaaa);  // the guest has read the page before
  EXPECT_EQ(guest().peek(address + kPageSize), 0x5555'aaaau);
}

TEST_P(RegisteredMemory, ShowsTheHostWhatTheGuestWrites) {
  HostMemory memory(3 * kPageSize);
  uint64_t address = show(memory);
  guest().poke(address, 0x1234'5678);
  guest().poke(address + memory.size() - 4, 0x9abc'def0);
  guest().fill(address + kPageSize - 3, 7, 0x5a);
  EXPECT_EQ(memory.word(0), 0x1234'5678u);
  EXPECT_EQ(memory.word(memory.size() - 4), 0x9abc'def0u);
  EXPECT_EQ(memory.word(kPageSize - 4), 0x5a5a'5a00u);
  EXPECT_EQ(memory.word(kPageSize), 0x5a5a'5a5au);
  EXPECT_EQ(memory.word(kPageSize + 4), 0u);
}

TEST_P(RegisteredMemory, IsGoneOnceItIsUnregistered) {
  HostMemory memory(2 * kPageSize);
  memory.set_word(0, 0x1111'1111);
  uint64_t address = show(memory);
  ASSERT_EQ(guest().peek(address), 0x1111'1111u);
  guest().poke(address + kPageSize, 0x2222'2222);
  ASSERT_EQ(memory.word(kPageSize), 0x2222'2222u);

  ASSERT_TRUE(client().unregister_memory(slot_));
  for (uint64_t offset : {uint64_t{0}, kPageSize}) {
    EXPECT_EQ(guest().peek(address + offset), nothing()) << offset;
    guest().poke(address + offset, 0x3333'3333);
  }
  EXPECT_EQ(memory.word(0), 0x1111'1111u);
  EXPECT_EQ(memory.word(kPageSize), 0x2222'2222u);

  // And the machine goes on: other memory takes its place.
  HostMemory other(kPageSize);
  EXPECT_EQ(show(other), address);
  guest().poke(address, 0x4444'4444);
  EXPECT_EQ(other.word(0), 0x4444'4444u);
  EXPECT_EQ(memory.word(0), 0x1111'1111u);
}

TEST_P(RegisteredMemory, LeavesTheRegionsBesideItAlone) {
  HostMemory before(kPageSize);
  HostMemory middle(kPageSize);
  HostMemory after(kPageSize);
  uint64_t address = show(before);
  ASSERT_EQ(show(middle), address + kPageSize);
  Slot slot_of_the_middle = slot_;
  ASSERT_EQ(show(after), address + 2 * kPageSize);
  guest().fill(address, 3 * kPageSize, 0x77);
  ASSERT_TRUE(client().unregister_memory(slot_of_the_middle));
  guest().fill(address, 3 * kPageSize, 0x88);
  EXPECT_EQ(before.word(kPageSize - 4), 0x8888'8888u);
  EXPECT_EQ(middle.word(0), 0x7777'7777u);
  EXPECT_EQ(after.word(0), 0x8888'8888u);
}

TEST_P(RegisteredMemory, OutlivesTheClientsDescriptor) {
  uint64_t address = 0;
  {
    HostMemory memory(kPageSize);
    memory.set_word(0, 0xc0ff'ee00);
    address = show(memory);
  }
  EXPECT_EQ(guest().peek(address), 0xc0ff'ee00u);
}

INSTANTIATE_OVER_BOTH_SOCKETS(RegisteredMemory);

}  // namespace
}  // namespace vm_control
