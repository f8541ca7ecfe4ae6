// SPDX-License-Identifier: BSD-3-Clause
// What a session may ask for: the mask of the protocol's Hello, and of a socket's options.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control {

enum class Right : uint32_t {
  kLifecycle = 1,  // Exit, Pause, Resume
  kMemory = 2,     // map and unmap memory, read dirty logs
  kGpu = 4,        // allocate GPU buffers
  kEvents = 8,     // register ioevents and irqfds
  kBalloon = 16,   // move the balloon's target
  kObserve = 32,   // Hello, Status, NextRegion, Subscribe
  kAdmin = 64,     // act on what other sessions own
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(Right right) : mask_(static_cast<uint32_t>(right)) {}
  // Bits that are no right are dropped.
  static constexpr Rights from_mask(uint32_t mask) { return Rights(mask & kAll); }
  static constexpr Rights all() { return Rights(kAll); }

  constexpr uint32_t mask() const { return mask_; }
  constexpr bool contains(Right right) const { return mask_ & static_cast<uint32_t>(right); }
  constexpr Rights operator|(Rights other) const { return Rights(mask_ | other.mask_); }
  constexpr bool operator==(const Rights&) const = default;

  // "memory+events": the names of the rights, as a socket's options have them. All of them is
  // "all", none is "none". Errors: EINVAL for a name that is none.
  static Result<Rights> parse(std::string_view names);
  std::string to_string() const;

 private:
  static constexpr uint32_t kAll = 0x7f;
  constexpr explicit Rights(uint32_t mask) : mask_(mask) {}

  uint32_t mask_ = 0;
};

constexpr Rights operator|(Right left, Right right) {
  return Rights(left) | Rights(right);
}

}  // namespace vm_control
