// SPDX-License-Identifier: BSD-3-Clause
// Checks what holds for every kernel that a parser accepts, whatever its file says. For fuzzers.
#pragma once

#include <cstddef>
#include <span>

#include "vmm/boot/linux_image.h"

namespace vm_control::vmm {

// Aborts if it does not hold. image: what a parser made of `file`.
void check_invariants(const LinuxImage& image, std::span<const std::byte> file);

}  // namespace vm_control::vmm
