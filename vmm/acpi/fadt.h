// SPDX-License-Identifier: BSD-3-Clause
// The FADT: that this is hardware-reduced ACPI, how the machine is reset and switched off, and what
// of a PC it does not have.
//
// Source: ACPI 6.5, 5.2.9 "Fixed ACPI Description Table".
#pragma once

#include <cstddef>
#include <vector>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

// dsdt  the address of the DSDT.
std::vector<std::byte> make_fadt(GuestAddress dsdt);

}  // namespace vm_control::vmm
