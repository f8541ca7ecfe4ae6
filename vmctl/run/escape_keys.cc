// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/escape_keys.h"

namespace vm_control::vmctl {

EscapeKeys::Typed EscapeKeys::sort(std::span<const std::byte> keys) {
  Typed typed;
  for (std::byte key : keys) {
    if (!escaped_ && key == kEscape) {
      escaped_ = true;
      continue;
    }
    if (escaped_ && (key == std::byte{'x'} || key == std::byte{'X'})) typed.quit = true;
    if (!escaped_ || key == kEscape) typed.for_the_guest.push_back(key);
    escaped_ = false;
  }
  return typed;
}

}  // namespace vm_control::vmctl
