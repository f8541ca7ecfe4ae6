// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/stats_queue.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {
namespace {

constexpr size_t kMaxStats = 64;

// A tag of 2 bytes and a value of 8, with nothing between.
constexpr size_t kStatSize = 10;

std::optional<uint64_t>* place_of(BalloonStats& stats, uint16_t tag) {
  switch (tag) {
    case 4:
      return &stats.free_bytes;
    case 5:
      return &stats.total_bytes;
    case 6:
      return &stats.available_bytes;
    case 7:
      return &stats.disk_caches_bytes;
    default:
      return nullptr;
  }
}

}  // namespace

BalloonStats read_stats(const DescriptorChain& chain) {
  BalloonStats stats;
  ChainReader reader(chain);
  std::array<std::byte, kStatSize> entry{};
  for (size_t i = 0; i < kMaxStats && reader.read(entry) == kStatSize; ++i) {
    uint16_t tag = 0;
    uint64_t value = 0;
    std::memcpy(&tag, entry.data(), sizeof(tag));
    std::memcpy(&value, entry.data() + sizeof(tag), sizeof(value));
    // Drivers fill an entry that they can't tell with ones.
    if (auto* place = place_of(stats, tag); place && value != UINT64_MAX) *place = value;
  }
  return stats;
}

Result<StatsQueue::Turn> StatsQueue::serve(Virtqueue& queue, bool is_wanted) {
  Turn turn;
  for (size_t i = 0; i < kChainsPerTurn; ++i) {
    std::optional<DescriptorChain> chain = TRY(queue.pop());
    if (!chain) break;
    turn.stats = read_stats(*chain);
    // A driver has one buffer. The device keeps no more of one that has others.
    if (auto other = std::exchange(kept_, chain->head)) queue.push(*other, 0);
    turn.has_more = i + 1 == kChainsPerTurn;
  }
  if (is_wanted && kept_) {
    queue.push(*std::exchange(kept_, std::nullopt), 0);
    turn.has_asked = true;
  }
  return turn;
}

}  // namespace vm_control::vmm
