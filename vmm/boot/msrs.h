// SPDX-License-Identifier: BSD-3-Clause
// The model-specific registers that a BIOS sets, and Linux expects so.
//
// Source: Intel SDM volume 4, table 2-2.
#pragma once

#include <linux/kvm.h>

#include <span>

namespace vm_control::vmm {

// Those that differ from their values after reset, the same for each vCPU.
std::span<const kvm_msr_entry> boot_msrs();

}  // namespace vm_control::vmm
