// SPDX-License-Identifier: BSD-3-Clause
// dma-bufs of vgem, the kernel's GPU without hardware.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

// The device of vgem, if this host has one that this user may open.
std::optional<UniqueFd> open_vgem();

// Makes a buffer, all zero, and exports it as a dma-buf that can be mapped for reading and writing.
// The descriptor alone keeps the buffer.
Result<UniqueFd> create_dma_buf(int vgem, uint32_t pages);

}  // namespace vm_control
