// SPDX-License-Identifier: BSD-3-Clause
// The floor of a window: the system calls of WindowMapper in its order, and nothing else.
#pragma once

#include <cstddef>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::bench {

class BareWindow {
 public:
  // Fills `range` of the guest of `vm`, which outlives this, with pages that can only be read.
  //
  // vm      a descriptor of KVM.
  // slot    a memory slot that is free.
  // Errors  ENOMEM, KVM's.
  static Result<BareWindow> create(int vm, unsigned slot, GuestRange range);

  BareWindow(BareWindow&& other) noexcept;
  BareWindow& operator=(BareWindow&&) = delete;
  ~BareWindow();

  // Shows the first page of `memory` to the guest at the start of the window. False if it can't.
  bool map(int memory);
  // Fills that page again.
  bool unmap();

 private:
  BareWindow(int vm, unsigned slot, std::byte* start, size_t size)
      : vm_(vm), slot_(slot), start_(start), size_(size) {}

  bool fill(size_t size);

  int vm_;
  unsigned slot_;
  std::byte* start_;
  size_t size_;
};

}  // namespace vm_control::bench
