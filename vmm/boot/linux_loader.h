// SPDX-License-Identifier: BSD-3-Clause
// Puts a Linux kernel, its initrd and its command line into guest memory, with all that the kernel
// reads at its start.
//
//   LinuxImage image = TRY(parse_linux_image(kernel));
//   LinuxEntry entry = TRY(load_linux(ram, layout, {.image = image, .initrd = initrd, ...}));
//   TRY(enter_linux(vcpus.front(), entry));     the others wait until the guest starts them
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "vm_control/base/result.h"
#include "vm_control/kvm/vcpu.h"
#include "vm_control/memory/guest_layout.h"
#include "vmm/boot/entry_state.h"
#include "vmm/boot/linux_image.h"
#include "vmm/memory/guest_ram.h"

namespace vm_control::vmm {

// The kernel's messages go to the serial port, and a kernel that panics resets the machine at once,
// which ends it.
inline constexpr std::string_view kDefaultCommandLine = "console=ttyS0 panic=-1";

struct LinuxBoot {
  const LinuxImage& image;
  std::span<const std::byte> initrd;  // empty: none
  std::string_view command_line = kDefaultCommandLine;
  std::span<const std::byte> acpi;  // the tables for low_memory::kAcpi; the RSDP is first
};

// Loads `boot` into `ram`, which is still all zero, and is that of `layout`.
//
// The initrd is as high as the kernel allows, below the 32-bit hole. All that is loaded is copied.
// Errors  EFBIG   the kernel does not fit into the RAM, or the initrd beside it; the command line
//                 is longer than the kernel takes; the ACPI tables are too large.
//         EINVAL  the command line has a NUL in it.
Result<LinuxEntry> load_linux(const GuestRam& ram, const GuestLayout& layout,
                              const LinuxBoot& boot);

// Sets the registers of `vcpu`, which has not run, so that it enters the kernel. Errors: KVM's.
Result<void> enter_linux(kvm::Vcpu& vcpu, const LinuxEntry& entry);

}  // namespace vm_control::vmm
