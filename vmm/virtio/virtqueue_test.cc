// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/virtqueue.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "vmm/virtio/test_queue.h"
#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {
namespace {

constexpr uint16_t kSize = 8;
constexpr uint64_t kAt = 0x10000;
constexpr uint64_t kBuffer = 0x20000;
constexpr uint16_t kNext = TestQueue::kNext;
constexpr uint16_t kWrite = TestQueue::kWrite;
constexpr uint16_t kIndirect = TestQueue::kIndirect;

class VirtqueueTest : public testing::Test {
 protected:
  Result<Virtqueue> create(const QueueLayout& layout) const {
    return Virtqueue::create(ram_, layout, 128, 0);
  }
  Virtqueue with_features(uint64_t features) const {
    return *Virtqueue::create(ram_, driver_.layout(), 128, features);
  }
  int error_of_pop(Virtqueue queue) const {
    auto chain = queue.pop();
    return chain ? 0 : chain.error().code();
  }
  int error_of_pop() const { return error_of_pop(with_features(0)); }
  // Writes an indirect table at kBuffer, and makes it available as the chain 0.
  void offer_table(const std::vector<TestQueue::Descriptor>& table) {
    for (size_t i = 0; i < table.size(); ++i) {
      ASSERT_TRUE(ram_.store(GuestAddress(kBuffer + 16 * i), table[i]));
    }
    driver_.offer_buffer(0, kBuffer, static_cast<uint32_t>(16 * table.size()), kIndirect);
  }

  GuestRam ram_ = make_test_ram();
  TestQueue driver_{ram_, kAt, kSize};
};

TEST_F(VirtqueueTest, RefusesSizesThatAreNoPowerOfTwoOrTooLarge) {
  for (uint32_t size : {0u, 3u, 127u, 256u, 0x10000u, 0x80000000u}) {
    QueueLayout layout = driver_.layout();
    layout.size = size;
    EXPECT_EQ(create(layout).error().code(), EINVAL) << size;
  }
  for (uint32_t size : {1u, 2u, 128u}) {
    QueueLayout layout = driver_.layout();
    layout.size = size;
    EXPECT_TRUE(create(layout)) << size;
  }
}

TEST_F(VirtqueueTest, RefusesAddressesThatAreNotAligned) {
  QueueLayout layout = driver_.layout();
  layout.descriptors = GuestAddress(kAt + 8);
  EXPECT_EQ(create(layout).error().code(), EINVAL);
  layout = driver_.layout();
  layout.available = GuestAddress(kAt + 1);
  EXPECT_EQ(create(layout).error().code(), EINVAL);
  layout = driver_.layout();
  layout.used = GuestAddress(kAt + 2);
  EXPECT_EQ(create(layout).error().code(), EINVAL);
}

TEST_F(VirtqueueTest, RefusesAreasThatAreNotRamAsAWhole) {
  // Each area ends a little past the end of the RAM.
  QueueLayout layout = driver_.layout();
  layout.descriptors = GuestAddress(kTestRamSize - 16 * kSize + 16);
  EXPECT_EQ(create(layout).error().code(), EFAULT);
  layout.descriptors = GuestAddress(kTestRamSize - 16 * kSize);
  EXPECT_TRUE(create(layout));

  layout.available = GuestAddress(kTestRamSize - (4 + 2 * kSize));
  EXPECT_EQ(create(layout).error().code(), EFAULT) << "the event index has no room";
  layout.available = GuestAddress(kTestRamSize - (6 + 2 * kSize));
  EXPECT_TRUE(create(layout));

  layout.used = GuestAddress(kTestRamSize - (4 + 8 * kSize));
  EXPECT_EQ(create(layout).error().code(), EFAULT) << "the event index has no room";
  layout.used = GuestAddress(UINT64_MAX - 3);
  EXPECT_EQ(create(layout).error().code(), EFAULT);
}

TEST_F(VirtqueueTest, HandsOutWhatTheDriverOffersAndGivesItBack) {
  Virtqueue queue = with_features(0);
  EXPECT_FALSE(*queue.pop());
  driver_.set_descriptor(3, {.address = kBuffer, .length = 5, .flags = kNext, .next = 1});
  driver_.set_descriptor(1, {.address = kTestHighRam, .length = 7, .flags = kWrite});
  driver_.offer(3);

  auto chain = *queue.pop();
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->head, 3);
  ASSERT_EQ(chain->readable.size(), 1u);
  EXPECT_EQ(chain->readable[0].address, GuestAddress(kBuffer));
  EXPECT_EQ(chain->readable[0].bytes.size(), 5u);
  ASSERT_EQ(chain->writable.size(), 1u);
  EXPECT_EQ(chain->writable[0].bytes.data(), ram_.bytes(GuestAddress(kTestHighRam), 1)->data());
  EXPECT_EQ(chain->size, 12u);
  EXPECT_FALSE(*queue.pop());

  EXPECT_FALSE(driver_.take_used());
  queue.push(chain->head, 7);
  EXPECT_EQ(driver_.take_used(), (TestQueue::Used{3, 7}));
}

TEST_F(VirtqueueTest, KeepsItsPlaceWhenTheIndicesWrap) {
  Virtqueue queue = with_features(0);
  for (uint32_t i = 0; i < 0x10000 + 3 * kSize; ++i) {
    auto head = static_cast<uint16_t>(i % 5);
    driver_.offer_buffer(head, kBuffer + i, 1);
    auto chain = queue.pop();
    ASSERT_TRUE(chain && *chain) << i;
    ASSERT_EQ((**chain).readable.at(0).address, GuestAddress(kBuffer + i));
    queue.push(head, i);
    ASSERT_EQ(driver_.take_used(), (TestQueue::Used{head, i}));
  }
}

TEST_F(VirtqueueTest, RefusesAnIndexThatRunsAhead) {
  driver_.skip(kSize + 1);
  EXPECT_EQ(error_of_pop(), EPROTO);
}

TEST_F(VirtqueueTest, RefusesAnIndexThatRunsBack) {
  Virtqueue queue = with_features(0);
  driver_.offer_buffer(0, kBuffer, 1);
  ASSERT_TRUE(*queue.pop());
  driver_.skip(0xffff);
  EXPECT_EQ(error_of_pop(queue), EPROTO);
}

TEST_F(VirtqueueTest, RefusesDescriptorsThatDoNotExist) {
  driver_.offer(kSize);
  EXPECT_EQ(error_of_pop(), EPROTO);
  driver_.set_descriptor(0, {.address = kBuffer, .length = 1, .flags = kNext, .next = kSize});
  TestQueue again(ram_, kAt, kSize);
  again.offer(0);
  EXPECT_EQ(error_of_pop(), EPROTO);
}

TEST_F(VirtqueueTest, RefusesALoop) {
  for (uint16_t i = 0; i < kSize; ++i) {
    auto next = static_cast<uint16_t>((i + 1) % kSize);
    driver_.set_descriptor(i, {.address = kBuffer, .length = 1, .flags = kNext, .next = next});
  }
  driver_.offer(0);
  EXPECT_EQ(error_of_pop(), ELOOP);
}

TEST_F(VirtqueueTest, TakesAChainOfAllDescriptors) {
  for (uint16_t i = 0; i < kSize; ++i) {
    uint16_t flags = i + 1 < kSize ? kNext : 0;
    auto next = static_cast<uint16_t>(i + 1);
    driver_.set_descriptor(i, {.address = kBuffer, .length = 1, .flags = flags, .next = next});
  }
  driver_.offer(0);
  Virtqueue queue = with_features(0);
  EXPECT_EQ((**queue.pop()).readable.size(), kSize);
}

TEST_F(VirtqueueTest, RefusesABufferToReadBehindOneToWrite) {
  driver_.set_descriptor(0, {.address = kBuffer, .length = 1, .flags = kWrite | kNext, .next = 1});
  driver_.set_descriptor(1, {.address = kBuffer, .length = 1});
  driver_.offer(0);
  EXPECT_EQ(error_of_pop(), EPROTO);
}

TEST_F(VirtqueueTest, RefusesBuffersThatAreNotRam) {
  struct Case {
    uint64_t address;
    uint32_t length;
  };
  uint16_t head = 0;
  for (Case each : {Case{kTestRamSize - 1, 2}, Case{kTestRamSize, 1}, Case{UINT64_MAX, 2},
                    Case{0, UINT32_MAX}, Case{kTestHighRam - 1, 2}}) {
    TestQueue again(ram_, kAt, kSize);
    again.offer_buffer(head++, each.address, each.length);
    EXPECT_EQ(error_of_pop(), EFAULT) << each.address;
  }
}

TEST_F(VirtqueueTest, SkipsEmptyBuffersWhereverTheyAre) {
  driver_.set_descriptor(0, {.address = UINT64_MAX, .length = 0, .flags = kNext, .next = 1});
  driver_.set_descriptor(1, {.address = kBuffer, .length = 1, .flags = kWrite});
  driver_.offer(0);
  Virtqueue queue = with_features(0);
  auto chain = **queue.pop();
  EXPECT_TRUE(chain.readable.empty());
  EXPECT_EQ(chain.writable.size(), 1u);
}

TEST_F(VirtqueueTest, FollowsAnIndirectTable) {
  offer_table({{.address = kBuffer + 0x1000, .length = 3, .flags = kNext, .next = 2},
               {},
               {.address = kBuffer + 0x2000, .length = 4, .flags = kWrite}});
  Virtqueue queue = with_features(virtio::kIndirectDescriptors);
  auto chain = **queue.pop();
  ASSERT_EQ(chain.readable.size(), 1u);
  ASSERT_EQ(chain.writable.size(), 1u);
  EXPECT_EQ(chain.writable[0].address, GuestAddress(kBuffer + 0x2000));
}

TEST_F(VirtqueueTest, FollowsAnIndirectTableBehindABuffer) {
  offer_table({{.address = kBuffer + 0x1000, .length = 3}});
  TestQueue again(ram_, kAt, kSize);
  again.set_descriptor(1, {.address = kBuffer, .length = 9, .flags = kNext, .next = 0});
  again.offer(1);
  Virtqueue queue = with_features(virtio::kIndirectDescriptors);
  EXPECT_EQ((**queue.pop()).readable.size(), 2u);
}

TEST_F(VirtqueueTest, RefusesIndirectTablesThatBreakARule) {
  Virtqueue accepted = with_features(virtio::kIndirectDescriptors);
  offer_table({{.address = kBuffer + 0x1000, .length = 3}});
  EXPECT_EQ(error_of_pop(), EPROTO) << "the driver has not accepted the feature";
  EXPECT_EQ(error_of_pop(accepted), 0);

  driver_.set_descriptor(0, {.address = kBuffer, .length = 16, .flags = kIndirect | kNext});
  EXPECT_EQ(error_of_pop(accepted), EPROTO) << "with a next one";
  driver_.set_descriptor(0, {.address = kBuffer, .length = 17, .flags = kIndirect});
  EXPECT_EQ(error_of_pop(accepted), EPROTO) << "of an odd length";
  driver_.set_descriptor(0, {.address = kBuffer, .length = 0, .flags = kIndirect});
  EXPECT_EQ(error_of_pop(accepted), EPROTO) << "empty";
  driver_.set_descriptor(0, {.address = kTestRamSize, .length = 16, .flags = kIndirect});
  EXPECT_EQ(error_of_pop(accepted), EFAULT) << "not RAM";
}

TEST_F(VirtqueueTest, RefusesWhatMayNotBeInAnIndirectTable) {
  Virtqueue queue = with_features(virtio::kIndirectDescriptors);
  offer_table({{.address = kBuffer, .length = 16, .flags = kIndirect}});
  EXPECT_EQ(error_of_pop(queue), EPROTO) << "another table";
  TestQueue::Descriptor past_the_end{.address = kBuffer, .length = 1, .flags = kNext, .next = 1};
  ASSERT_TRUE(ram_.store(GuestAddress(kBuffer), past_the_end));
  EXPECT_EQ(error_of_pop(queue), EPROTO) << "an entry that does not exist";
  past_the_end.next = 0;
  ASSERT_TRUE(ram_.store(GuestAddress(kBuffer), past_the_end));
  EXPECT_EQ(error_of_pop(queue), ELOOP) << "a loop";
}

TEST_F(VirtqueueTest, RefusesMoreThanFourGigabytesInAChain) {
  // 3 GiB of RAM, of which next to nothing is touched.
  auto ranges = std::array{*GuestRange::create(GuestAddress(0), uint64_t{3} << 30)};
  auto ram = GuestRam::create(ranges);
  ASSERT_TRUE(ram);
  TestQueue driver(*ram, kAt, kSize);
  driver.set_descriptor(0, {.address = 0, .length = 3u << 30, .flags = kNext, .next = 1});
  driver.set_descriptor(1, {.address = 0, .length = 1u << 30, .flags = kNext, .next = 2});
  driver.set_descriptor(2, {.address = 0, .length = 1});
  driver.offer(0);
  EXPECT_EQ(error_of_pop(*Virtqueue::create(*ram, driver.layout(), 128, 0)), EMSGSIZE);
  driver.set_descriptor(1, {.address = 0, .length = 1u << 30});
  EXPECT_EQ(error_of_pop(*Virtqueue::create(*ram, driver.layout(), 128, 0)), 0);
}

TEST_F(VirtqueueTest, AsksForAnInterruptUnlessTheDriverWantsNone) {
  Virtqueue queue = with_features(0);
  EXPECT_FALSE(queue.take_interrupt());
  queue.push(0, 0);
  EXPECT_TRUE(queue.take_interrupt());
  EXPECT_FALSE(queue.take_interrupt()) << "nothing new";
  driver_.set_no_interrupt(true);
  queue.push(0, 0);
  EXPECT_FALSE(queue.take_interrupt());
}

TEST_F(VirtqueueTest, AsksForAnInterruptWhenTheEventIndexIsUsed) {
  Virtqueue queue = with_features(virtio::kEventIndex);
  driver_.set_no_interrupt(true);  // which does not count then
  driver_.set_used_event(1);
  queue.push(0, 0);
  EXPECT_FALSE(queue.take_interrupt());
  queue.push(0, 0);
  EXPECT_TRUE(queue.take_interrupt());
  queue.push(0, 0);
  EXPECT_FALSE(queue.take_interrupt());
  driver_.set_used_event(4);
  for (int i = 0; i < 3; ++i) queue.push(0, 0);
  EXPECT_TRUE(queue.take_interrupt()) << "it is among the new ones";
}

TEST_F(VirtqueueTest, TellsTheDriverWhetherToNotify) {
  Virtqueue queue = with_features(0);
  queue.disable_notifications();
  EXPECT_TRUE(driver_.no_notification());
  EXPECT_FALSE(queue.enable_notifications());
  EXPECT_FALSE(driver_.no_notification());
  driver_.offer_buffer(0, kBuffer, 1);
  EXPECT_TRUE(queue.enable_notifications()) << "it came before the driver could know";
}

TEST_F(VirtqueueTest, TellsTheDriverByTheEventIndexWhenToNotify) {
  Virtqueue queue = with_features(virtio::kEventIndex);
  for (uint16_t i = 0; i < 3; ++i) driver_.offer_buffer(i, kBuffer, 1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(*queue.pop());
  queue.disable_notifications();
  EXPECT_FALSE(driver_.no_notification()) << "the flag has no meaning then";
  EXPECT_FALSE(queue.enable_notifications());
  EXPECT_EQ(driver_.available_event(), 3);
}

TEST(ChainReader, ReadsAcrossTheEndsOfBuffers) {
  std::array<std::byte, 3> first{std::byte{1}, std::byte{2}, std::byte{3}};
  std::array<std::byte, 2> second{std::byte{4}, std::byte{5}};
  DescriptorChain chain;
  chain.readable = {{GuestAddress(0), first}, {GuestAddress(0), second}};
  ChainReader reader(chain);
  std::array<std::byte, 4> out{};
  EXPECT_EQ(reader.read(std::span(out).first(2)), 2u);
  EXPECT_EQ(out[1], std::byte{2});
  EXPECT_EQ(reader.read(out), 3u);
  EXPECT_EQ(out[0], std::byte{3});
  EXPECT_EQ(out[2], std::byte{5});
  EXPECT_EQ(reader.read(out), 0u);
}

}  // namespace
}  // namespace vm_control::vmm
