// SPDX-License-Identifier: BSD-3-Clause
// The descriptors that the principals of a server share.
//
// A process has as many as RLIMIT_NOFILE says. It keeps some for itself; of the rest, a principal
// has at most as many as it leaves for others, whatever they are for: its connections and
// subscriptions, its eventfds, the files of its memory, what came with its messages and was not
// closed yet, and those in responses that it has not taken. The kernel has the same limit for
// descriptors that are in a socket's queue, so these count as well.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace vm_control {

class DescriptorPool {
 public:
  explicit DescriptorPool(uint32_t size) : free_(size) {}

  // A pool of what RLIMIT_NOFILE leaves at this moment, without a reserve for what the process
  // opens later for itself.
  static std::shared_ptr<DescriptorPool> of_this_process();

  // Takes `count` for a principal that holds `held`. Returns whether it may have them.
  //
  // is_exempt  it need not leave as many for others.
  bool take(uint32_t held, uint32_t count, bool is_exempt);

  // Takes as many as such a principal may have, but at most `most`; returns how many.
  uint32_t take_up_to(uint32_t most, uint32_t held, bool is_exempt);

  // Whether such a principal may have one more.
  bool has_one(uint32_t held, bool is_exempt) const;

  // Takes `count` for the process itself, whether they are there or not.
  void reserve(uint32_t count) { free_ -= count; }

  void give_back(uint32_t count) { free_ += count; }

 private:
  std::atomic<int64_t> free_;
};

}  // namespace vm_control
