// SPDX-License-Identifier: BSD-3-Clause
// Whether this host's KVM can run 64-bit guests, so that a user learns why not before one hangs.
#pragma once

#include <linux/kvm.h>

#include <span>
#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmm {

// Errors: ENOTSUP (this KVM has no long mode, or is the one without hardware virtualisation, which
// claims to have it).
//
// supported  the CPUID that KVM supports.
// modules    where the kernel lists its modules.
Result<void> check_long_mode(std::span<const kvm_cpuid_entry2> supported,
                             const std::string& modules = "/sys/module");

}  // namespace vm_control::vmm
