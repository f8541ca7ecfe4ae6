// SPDX-License-Identifier: BSD-3-Clause
// Files of mount namespaces that only a process of the test's own has, so that nothing is left
// mounted. For tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

// Calls `open` in a process with a mount namespace of its own, where it may mount, and returns what
// that opens. Nothing if this user may have no such namespace, or `open` fails.
UniqueFd open_elsewhere(const std::function<UniqueFd()>& open);

// A small disk, which can be full. It goes with the last descriptor of it.
class TestDisk {
 public:
  static constexpr uint64_t kPages = 16;

  // Nothing if this user may mount no tmpfs.
  static std::optional<TestDisk> create();

  // A file of `size` bytes, none of which has a block yet. It is gone with its last descriptor.
  UniqueFd make_file(uint64_t size) const;

  // Takes all blocks that are free, and gives them back.
  void fill();
  void empty() { filler_.reset(); }

 private:
  explicit TestDisk(UniqueFd directory) : directory_(std::move(directory)) {}

  UniqueFd directory_;
  UniqueFd filler_;
};

}  // namespace vm_control
