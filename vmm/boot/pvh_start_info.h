// SPDX-License-Identifier: BSD-3-Clause
// The start info, by which PVH tells a kernel about its machine.
//
// Source: xen/include/public/arch-x86/hvm/start_info.h of Xen, version 1.
#pragma once

#include <cstddef>
#include <vector>

#include "vm_control/model/guest_address.h"
#include "vmm/boot/zero_page.h"

namespace vm_control::vmm {

// The bytes to be put at `address`: the start info, and after it the list of modules, which has the
// initrd, and the memory map.
std::vector<std::byte> pvh_start_info(const BootInfo& info, GuestAddress address);

}  // namespace vm_control::vmm
