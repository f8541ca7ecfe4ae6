// SPDX-License-Identifier: BSD-3-Clause
// Reads choices from a fuzzer's bytes, one after the other. Past their end all are zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vm_control {

class FuzzInput {
 public:
  explicit FuzzInput(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  uint8_t byte() {
    if (bytes_.empty()) return 0;
    uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }

  // Less than `count`, or 0.
  size_t below(size_t count) { return count == 0 ? 0 : byte() % count; }

  template <class T, size_t N>
  const T& one_of(const std::array<T, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace vm_control
