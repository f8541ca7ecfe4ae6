// SPDX-License-Identifier: BSD-3-Clause
#include "guest/balloon_pages.h"

namespace vm_control::guest {
namespace {

uint32_t at_most(uint32_t value, uint32_t limit) {
  return value < limit ? value : limit;
}

}  // namespace

uint32_t BalloonPages::most() const {
  constexpr uint32_t kKeptPages = kKept / kPageSize;
  return ram_pages_ > kKeptPages ? ram_pages_ - kKeptPages : 0;
}

BalloonChunk BalloonPages::next(uint32_t wanted) const {
  const uint32_t target = at_most(wanted, most());
  const uint32_t lowest_given = ram_pages_ - given_;
  if (target > given_) {
    const uint32_t pages = at_most(target - given_, BalloonChunk::kMaxPages);
    return {true, lowest_given - pages, pages};
  }
  return {false, lowest_given, at_most(given_ - target, BalloonChunk::kMaxPages)};
}

void BalloonPages::finish(const BalloonChunk& chunk) {
  given_ = chunk.give ? given_ + chunk.pages : given_ - chunk.pages;
}

}  // namespace vm_control::guest
