// SPDX-License-Identifier: BSD-3-Clause
// Boots a machine: loads what its first vCPU enters at Machine::start().
//
// A machine boots once, when all its devices have been added and before it starts.
#pragma once

#include <cstddef>
#include <span>

#include "vm_control/base/result.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

// Boots a flat 32-bit image, which is copied: see flat_image.h.
// Errors: EINVAL (it is empty), EFBIG (the RAM has no room for it), KVM's.
Result<void> boot_flat_image(Machine& machine, std::span<const std::byte> image);

}  // namespace vm_control::vmm
