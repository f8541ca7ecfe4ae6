// SPDX-License-Identifier: BSD-3-Clause
// A queue of at most kCapacity things, in place: it takes nothing from the heap.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace vm_control {

template <class T, size_t kCapacity>
class RingBuffer {
 public:
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kCapacity; }
  size_t size() const { return size_; }

  // Appends `value`. Call only while !full().
  void push(T value) {
    things_[(first_ + size_) % kCapacity] = std::move(value);
    ++size_;
  }

  // The oldest. Call only while !empty().
  T& front() { return things_[first_]; }

  // Removes the oldest, and destroys what it owned. Call only while !empty().
  void pop() {
    things_[first_] = T();
    first_ = (first_ + 1) % kCapacity;
    --size_;
  }

 private:
  std::array<T, kCapacity> things_{};
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace vm_control
