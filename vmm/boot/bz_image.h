// SPDX-License-Identifier: BSD-3-Clause
// A bzImage: real-mode code with a header that describes the file, then protected-mode code that
// decompresses the kernel. The loader enters the second part in 64-bit mode.
//
// Source: Documentation/arch/x86/boot.rst of Linux. The memory that the kernel needs until it has
// read its memory map starts at pref_address and has init_size bytes; the loader puts the code
// there, so that it need not move first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm_control/base/result.h"
#include "vmm/boot/linux_image.h"

namespace vm_control::vmm {

// The header's two marks, and the oldest version of the protocol that is taken: 2.12.
inline constexpr uint16_t kBootFlag = 0xaa55;
inline constexpr uint32_t kHeaderMagic = 0x5372'6448;  // "HdrS"
inline constexpr uint16_t kOldestVersion = 0x020c;

// Whether the file says that it is a bzImage.
bool is_bz_image(std::span<const std::byte> file);

// Describes a bzImage. Errors: those of parse_linux_image().
Result<LinuxImage> parse_bz_image(std::span<const std::byte> file);

}  // namespace vm_control::vmm
