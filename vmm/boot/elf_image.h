// SPDX-License-Identifier: BSD-3-Clause
// An ELF kernel, such as vmlinux: segments with physical addresses.
//
// A file with the note of PVH is entered there, because the note is the kernel's own word on how it
// starts; QEMU and Cloud Hypervisor do so, too. Otherwise its entry point is that of the 64-bit
// boot protocol, as in Linux.
// Sources: the ELF-64 object file format; Documentation/arch/x86/boot.rst of Linux; elfnote.h and
// docs/misc/pvh.pandoc of Xen.
#pragma once

#include <cstddef>
#include <span>

#include "vm_control/base/result.h"
#include "vmm/boot/linux_image.h"

namespace vm_control::vmm {

// Whether the file says that it is ELF.
bool is_elf(std::span<const std::byte> file);

// Describes an ELF kernel. Errors: those of parse_linux_image().
Result<LinuxImage> parse_elf_image(std::span<const std::byte> file);

}  // namespace vm_control::vmm
