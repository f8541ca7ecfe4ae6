// SPDX-License-Identifier: BSD-3-Clause
// Boots a flat 32-bit image: raw code, loaded at 1 MiB and entered at its first byte.
//
// On entry the CPU is in protected mode without paging. All segments span 4 GiB from 0. Interrupts
// are off. ESP is below 640 KiB. EBX is the size in bytes of the RAM that starts at 0. ECX is the
// address where device memory starts, or 0 if that is past 4 GiB. There is no GDT and no IDT: an
// image that loads a segment register or takes an interrupt brings its own.
#pragma once

#include <linux/kvm.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm_control/base/result.h"
#include "vm_control/kvm/vcpu.h"
#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

inline constexpr uint32_t kFlatImageStart = 0x10'0000;

// Copies `image` to 1 MiB. Errors: EINVAL (empty), EFBIG (the RAM has no room for it there).
//
// low_ram  the RAM that starts at guest-physical 0.
Result<void> load_flat_image(std::span<const std::byte> image, std::span<std::byte> low_ram);

// The registers on entry. low_ram_size: bytes, below 4 GiB.
kvm_regs flat_image_regs(uint64_t low_ram_size, GuestAddress device_memory);

// Changes `sregs`, those of a CPU after reset, to flat protected mode.
void set_flat_protected_mode(kvm_sregs& sregs);

// Sets the registers of `vcpu`, which has not run, so that it enters the image.
Result<void> enter_flat_image(kvm::Vcpu& vcpu, uint64_t low_ram_size, GuestAddress device_memory);

}  // namespace vm_control::vmm
