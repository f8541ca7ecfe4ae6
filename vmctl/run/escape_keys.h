// SPDX-License-Identifier: BSD-3-Clause
// Separates the keys typed at a raw terminal: most go to the guest, Ctrl-A is a prefix for vmctl.
//
// Ctrl-A x ends the VM; Ctrl-A Ctrl-A sends one Ctrl-A to the guest; Ctrl-A and any other key sends
// nothing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vm_control::vmctl {

class EscapeKeys {
 public:
  static constexpr std::byte kEscape{1};  // Ctrl-A

  struct Typed {
    std::vector<std::byte> for_the_guest;
    bool quit = false;
  };

  // Sorts the next keys. A Ctrl-A at the end of one call applies to the first key of the next.
  Typed sort(std::span<const std::byte> keys);

 private:
  bool escaped_ = false;
};

}  // namespace vm_control::vmctl
