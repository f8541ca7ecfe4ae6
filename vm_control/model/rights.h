// SPDX-License-Identifier: BSD-3-Clause
// The rights of a session, as Hello reports them and as the options of a socket name them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control {

enum class Right : uint32_t {
  kLifecycle = 1,  // Exit, Pause, Resume, PowerButton
  kMemory = 2,     // map and unmap memory, read dirty logs
  kGpu = 4,        // allocate GPU buffers
  kEvents = 8,     // register ioevents and irqfds
  kBalloon = 16,   // move the balloon's target
  kObserve = 32,   // Hello, Status, NextRegion, Subscribe, BalloonStatus, BalloonStats
  kAdmin = 64,     // act on regions and events that others own, and use more than one's share
  // 128 is reserved.
  kMemslots = 256,  // map memory that changes KVM's slots: read-only, or with a dirty log
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(Right right) : mask_(static_cast<uint32_t>(right)) {}
  // Ignores the bits that stand for no right.
  static constexpr Rights from_mask(uint32_t mask) { return Rights(mask & kAll); }
  static constexpr Rights all() { return Rights(kAll); }

  constexpr uint32_t mask() const { return mask_; }
  constexpr bool contains(Right right) const { return mask_ & static_cast<uint32_t>(right); }
  constexpr bool contains_any_of(Rights others) const { return (mask_ & others.mask_) != 0; }
  constexpr Rights operator|(Rights other) const { return Rights(mask_ | other.mask_); }
  constexpr bool operator==(const Rights&) const = default;

  // Reads and writes the names of rights as the options of a socket have them: "memory+events",
  // "all", or "none". Errors: EINVAL if a name is unknown.
  static Result<Rights> parse(std::string_view names);
  std::string to_string() const;

 private:
  static constexpr uint32_t kAll = 0x17f;
  constexpr explicit Rights(uint32_t mask) : mask_(mask) {}

  uint32_t mask_ = 0;
};

constexpr Rights operator|(Right left, Right right) {
  return Rights(left) | Rights(right);
}

}  // namespace vm_control
