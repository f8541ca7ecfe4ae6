// SPDX-License-Identifier: BSD-3-Clause
#include "guest/abuse.h"

#include "guest/address_map.h"
#include "guest/balloon_pages.h"

namespace vm_control::guest {
namespace {

using namespace virtio_register;
using namespace virtio_status;

static_assert(Abuse::kMemoryAddress + sizeof(AbuseMemory) <= Abuse::kMemoryEnd);

constexpr uint32_t kRegistersPerRound = 48;
constexpr uint32_t kWritesPerRing = 16;
constexpr uint32_t kOddness = 64;
// A chain in a plausible ring begins with one of these descriptors.
constexpr uint32_t kHeads = kWritesPerRing;

// Returns `word`, or another one if that is the number of a page from the monitor's first up to
// AbuseMemory.
uint32_t harmless(uint32_t word) {
  constexpr uint32_t kFirst = GUEST_IMAGE_ADDRESS / BalloonPages::kPageSize;
  constexpr uint32_t kEnd = Abuse::kMemoryAddress / BalloonPages::kPageSize;
  return word >= kFirst && word < kEnd ? word + kEnd : word;
}

}  // namespace

void Abuse::round() {
  write_rings();
  if (one_in(2)) {
    set_up();
  } else {
    for (uint32_t i = 0; i < kRegistersPerRound; ++i) write_any_register();
  }
  notify();
  // The device may be at work on another thread now, and sees these change under its hands.
  write_rings();
  notify();
  registers_.write(kStatus, 0);
}

// Marsaglia's xorshift: few instructions, as some hosts interpret each of them.
uint32_t Abuse::random() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 17;
  state_ ^= state_ << 5;
  return state_;
}

uint32_t Abuse::any_word() {
  switch (below(4)) {
    case 0:
      return below(8);
    case 1:
      return harmless(1u << below(32));
    case 2:
      return 0 - below(8);
    default:
      return harmless(random());
  }
}

uint16_t Abuse::any_half() {
  return static_cast<uint16_t>(harmless(any_word() & 0xffff));
}

uint32_t Abuse::any_page() {
  return one_in(4) ? any_word() : harmless(below(ram_bytes_ / BalloonPages::kPageSize));
}

uint32_t Abuse::past_ram() {
  const uint32_t address = random() | 0x80000000;
  return address < ram_bytes_ ? address | GUEST_VIRTIO_DEVICES : address;
}

// Such an address is safe by its lower half alone: registers and descriptors are written in halves,
// and the device may see any two of them together.
uint32_t Abuse::address_to_read() {
  switch (below(3)) {
    case 0:
      return kMemoryEnd + below(0x10000);
    case 1:
      return ram_bytes_ - 4 * below(16);
    default:
      return past_ram();
  }
}

// So near to the end of RAM no element of a ring fits.
uint32_t Abuse::address_to_write() {
  return one_in(2) ? ram_bytes_ - 4 * (1 + below(2)) : past_ram();
}

uint32_t Abuse::any_value(uint32_t offset) {
  if (offset == kQueueTable || offset == kQueueAvailable) return address_to_read();
  if (offset == kQueueUsed) return address_to_write();
  return any_word();
}

void Abuse::write_rings() {
  for (uint32_t i = 0; i < kWritesPerRing; ++i) {
    memory_.page_numbers[below(AbuseMemory::kPageNumbers)] = any_page();
  }
  for (uint32_t queue = 0; queue < AbuseMemory::kQueues; ++queue) {
    for (uint32_t i = 0; i < kWritesPerRing; ++i) {
      const uint32_t place = one_in(4) ? below(AbuseMemory::kQueueSize) : i;
      memory_.tables[queue][place] = any_descriptor();
    }
    write_available(memory_.available[queue]);
  }
}

VirtqueueDescriptor Abuse::any_descriptor() {
  const uint32_t choice = below(8);
  if (choice == 0) return indirect_descriptor();
  if (choice > 1) return pages_descriptor();
  const uint64_t upper = one_in(4) ? any_word() : 0;
  return {upper << 32 | address_to_read(), any_word(), any_half(), any_half()};
}

VirtqueueDescriptor Abuse::indirect_descriptor() {
  const uint32_t length =
      harmless(up_to(kHeads) * static_cast<uint32_t>(sizeof(VirtqueueDescriptor)));
  const uint32_t first = below(kHeads);
  return {address_of(&memory_.tables[below(AbuseMemory::kQueues)][first]), length,
          VirtqueueDescriptor::kIndirect, 0};
}

VirtqueueDescriptor Abuse::pages_descriptor() {
  const uint32_t first = below(AbuseMemory::kPageNumbers);
  const uint32_t length = harmless(4 * up_to(one_in(8) ? 0x10000 : 64));
  const uint16_t flags = one_in(4) ? VirtqueueDescriptor::kNext : 0;
  return {address_of(&memory_.page_numbers[first]), length, flags,
          static_cast<uint16_t>(below(kHeads))};
}

void Abuse::write_available(AvailableRing<AbuseMemory::kQueueSize>& ring) {
  for (uint32_t i = 0; i < kWritesPerRing; ++i) {
    const uint32_t place = one_in(4) ? below(AbuseMemory::kQueueSize) : i;
    ring.heads[place] = one_in(kOddness) ? any_half() : static_cast<uint16_t>(below(kHeads));
  }
  ring.flags = static_cast<uint16_t>(one_in(4));
  ring.index = one_in(8) ? any_half() : static_cast<uint16_t>(up_to(kWritesPerRing));
}

void Abuse::write_any_register() {
  const uint32_t offset = 4 * below(one_in(8) ? 0x400 : 0x48);
  registers_.write(offset, any_value(offset));
  registers_.read(4 * below(0x48));
}

void Abuse::write_mostly(uint32_t offset, uint32_t value) {
  registers_.write(offset, one_in(kOddness) ? any_value(offset) : value);
}

void Abuse::write_address_mostly(uint32_t offset, uint64_t address) {
  if (!one_in(kOddness)) return write_virtio_address(registers_, offset, address);
  const uint64_t upper = one_in(2) ? any_word() : 0;
  write_virtio_address(registers_, offset, upper << 32 | any_value(offset));
}

void Abuse::set_up() {
  write_mostly(kStatus, 0);
  write_mostly(kStatus, kAcknowledge);
  write_mostly(kStatus, kAcknowledge | kDriver);
  for (uint32_t word = 0; word < 2; ++word) {
    registers_.write(kDeviceFeaturesSelect, word);
    registers_.write(kDriverFeaturesSelect, word);
    write_mostly(kDriverFeatures, registers_.read(kDeviceFeatures));
  }
  write_mostly(kStatus, kAcknowledge | kDriver | kFeaturesOk);
  for (uint32_t i = 0; i < AbuseMemory::kQueues; ++i) set_up_queue(i);
  write_mostly(kStatus, kAcknowledge | kDriver | kFeaturesOk | kDriverOk);
}

void Abuse::set_up_queue(uint32_t index) {
  constexpr uint32_t kUsedChoices = sizeof(AbuseMemory::used) / 2 / sizeof(uint32_t);
  write_mostly(kQueueSelect, index);
  write_mostly(kQueueSize, kWritesPerRing << below(5));
  write_address_mostly(kQueueTable, address_of(memory_.tables[index]));
  write_address_mostly(kQueueAvailable, address_of(&memory_.available[index]));
  write_address_mostly(kQueueUsed, address_of(&memory_.used[below(kUsedChoices)]));
  write_mostly(kQueueReady, 1);
}

void Abuse::notify() {
  for (uint32_t i = 0; i < AbuseMemory::kQueues; ++i) write_mostly(kQueueNotify, i);
  write_mostly(kInterruptAcknowledge, registers_.read(kInterruptStatus));
}

}  // namespace vm_control::guest
