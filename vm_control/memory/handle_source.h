// SPDX-License-Identifier: BSD-3-Clause
// Makes handles, and none of them twice.
//
//   generation, 47 bits | kind, 1 bit | index, 16 bits
//
// The generation counts all handles that a source has made. At 100,000 handles a second it lasts
// for 40 years; then the source is exhausted. The kind keeps the handles of two sources apart. The
// index is a place in the table of things: the table looks there, and compares the whole handle
// with the one that it gave the thing at that place.
// Threads: not synchronised.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/handle.h"

namespace vm_control {

// The kind of thing that a handle names.
enum class HandleKind : uint8_t { kRegion, kEvent };

class HandleSource {
 public:
  static constexpr uint64_t kLastGeneration = (uint64_t{1} << 47) - 1;

  // first_generation  1 to kLastGeneration; tests use others than 1.
  explicit HandleSource(HandleKind kind, uint64_t first_generation = 1)
      : kind_(kind), generation_(first_generation) {}

  // Makes a handle that differs from all before; returns nothing if the source is exhausted.
  std::optional<Handle> make(uint16_t index) {
    if (generation_ > kLastGeneration) return std::nullopt;
    return Handle(generation_++ << kGenerationShift | static_cast<uint64_t>(kind_) << kKindShift |
                  index);
  }

  // The index that `handle` was made for. A forged handle has an index as well.
  static constexpr uint16_t index_of(Handle handle) {
    return static_cast<uint16_t>(handle.value());
  }

 private:
  static constexpr int kKindShift = 16;
  static constexpr int kGenerationShift = 17;

  HandleKind kind_;
  uint64_t generation_;  // of the next handle
};

}  // namespace vm_control
