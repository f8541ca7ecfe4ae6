// SPDX-License-Identifier: BSD-3-Clause
// Boots a machine: loads what its first vCPU enters at Machine::start().
//
// A machine boots once, when all its devices have been added and before it starts. What is loaded
// is copied.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "vm_control/base/result.h"
#include "vmm/boot/linux_loader.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

// Boots a flat 32-bit image: see flat_image.h.
// Errors: EINVAL (it is empty), EFBIG (the RAM has no room for it), KVM's.
Result<void> boot_flat_image(Machine& machine, std::span<const std::byte> image);

struct LinuxGuest {
  std::span<const std::byte> kernel;  // a bzImage, or ELF
  std::span<const std::byte> initrd;  // empty: none
  std::string command_line = std::string(kDefaultCommandLine);
};

// Boots Linux, with ACPI: see acpi_platform.h.
//
// Errors  ENOTSUP  this host's KVM runs no 64-bit guests.
//         others   those of parse_linux_image(), load_linux() and add_acpi_platform(); KVM's.
Result<void> boot_linux(Machine& machine, const LinuxGuest& guest);

}  // namespace vm_control::vmm
