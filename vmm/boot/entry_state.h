// SPDX-License-Identifier: BSD-3-Clause
// The state of a vCPU that enters a Linux kernel, and the tables in guest memory that it refers to.
//
// Pure functions. Sources: Documentation/arch/x86/boot.rst of Linux, "64-bit Boot Protocol";
// docs/misc/pvh.pandoc of Xen; Intel SDM volume 3, 2.5, 3.4.5 and 4.5.
#pragma once

#include <linux/kvm.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vm_control/model/guest_address.h"
#include "vmm/boot/linux_image.h"

namespace vm_control::vmm {

// How the first vCPU enters a kernel.
struct LinuxEntry {
  LinuxImage::Entry how;
  GuestAddress address;
};

// Page tables that map the first 4 GiB to themselves in pages of 2 MiB. To be put at `address`, a
// multiple of 4 KiB, which CR3 then has.
std::vector<std::byte> identity_map(GuestAddress address);

// A GDT with the segments that set_entry_mode() sets.
using BootGdt = std::array<uint64_t, 6>;
BootGdt boot_gdt(LinuxImage::Entry how);

// Changes `sregs`, those of a CPU after reset, to the mode that `how` asks for. The GDT and the
// page tables are where low_memory.h says.
void set_entry_mode(kvm_sregs& sregs, LinuxImage::Entry how);

// The registers on entry; what tells the kernel about its machine is where low_memory.h says.
kvm_regs entry_regs(const LinuxEntry& entry);

}  // namespace vm_control::vmm
