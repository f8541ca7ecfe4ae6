// SPDX-License-Identifier: BSD-3-Clause
// Makes handles, each once.
//
//   generation, 47 bits | kind, 1 bit | index, 16 bits
//
// The generation counts all handles that a source made, so that none comes twice in 40 years of
// 100,000 a second; then the source is empty. The kind keeps the handles of two sources apart. The
// index is the maker's, to find the thing again: whoever is given a handle looks there, and
// compares the whole handle with the one that this thing has.
// Threads: not synchronised.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/handle.h"

namespace vm_control {

// What a handle names.
enum class HandleKind : uint8_t { kRegion, kEvent };

class HandleSource {
 public:
  static constexpr uint64_t kLastGeneration = (uint64_t{1} << 47) - 1;

  // first_generation  1 to kLastGeneration; other than 1 for tests.
  explicit HandleSource(HandleKind kind, uint64_t first_generation = 1)
      : kind_(kind), generation_(first_generation) {}

  // A handle that was never made before; nothing if all were.
  std::optional<Handle> make(uint16_t index) {
    if (generation_ > kLastGeneration) return std::nullopt;
    return Handle(generation_++ << kGenerationShift | static_cast<uint64_t>(kind_) << kKindShift |
                  index);
  }

  // The index that `handle` was made for. One that somebody made up has an index as well.
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
