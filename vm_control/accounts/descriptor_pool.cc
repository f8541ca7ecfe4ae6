// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/descriptor_pool.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "vm_control/accounts/share.h"

namespace vm_control {
namespace {

// How many descriptors are open, of those with a number below `limit`. Makes one system call, and
// works without /proc.
uint32_t count_open_below(uint32_t limit) {
  std::vector<pollfd> entries(limit);
  for (size_t i = 0; i < entries.size(); ++i) entries[i] = {.fd = static_cast<int>(i)};
  if (poll(entries.data(), entries.size(), 0) < 0) return limit;
  auto is_open = [](const pollfd& entry) { return !(entry.revents & POLLNVAL); };
  return static_cast<uint32_t>(std::ranges::count_if(entries, is_open));
}

bool may_have(uint32_t held, uint32_t count, int64_t free, bool is_exempt) {
  if (free < int64_t{count}) return false;
  return is_exempt || is_fair_share(held, count, static_cast<uint64_t>(free), 1);
}

// The most that may_have() allows.
uint32_t most_of(uint32_t most, uint32_t held, int64_t free, bool is_exempt) {
  int64_t share = is_exempt ? free : (free - int64_t{held}) / 2;
  return static_cast<uint32_t>(std::clamp<int64_t>(share, 0, most));
}

}  // namespace

std::shared_ptr<DescriptorPool> DescriptorPool::of_this_process() {
  // A new descriptor gets the lowest free number: few are above this.
  constexpr rlim_t kLooked = 4096;
  // For a program's other descriptors, such as those of a serial line whose client sends 253.
  constexpr uint32_t kReserve = 320;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  auto all = static_cast<uint32_t>(std::min<rlim_t>(limit.rlim_cur, 1U << 30));
  uint32_t left = all - count_open_below(static_cast<uint32_t>(std::min<rlim_t>(all, kLooked)));
  return std::make_shared<DescriptorPool>(left - std::min(kReserve, left / 4));
}

bool DescriptorPool::take(uint32_t held, uint32_t count, bool is_exempt) {
  int64_t free = free_;
  do {
    if (!may_have(held, count, free, is_exempt)) return false;
  } while (!free_.compare_exchange_weak(free, free - count));
  return true;
}

uint32_t DescriptorPool::take_up_to(uint32_t most, uint32_t held, bool is_exempt) {
  int64_t free = free_;
  uint32_t count = 0;
  do {
    count = most_of(most, held, free, is_exempt);
  } while (!free_.compare_exchange_weak(free, free - count));
  return count;
}

bool DescriptorPool::has_one(uint32_t held, bool is_exempt) const {
  return may_have(held, 1, free_, is_exempt);
}

}  // namespace vm_control
