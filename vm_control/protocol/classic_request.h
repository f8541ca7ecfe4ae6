// SPDX-License-Identifier: BSD-3-Clause
// The requests of the original protocol, types 1 to 5:
//
//   type u32 | slot u32 | size u64 | num_pages i32 | width u32 | height u32 | format u32
#pragma once

#include <cstdint>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/model/slot.h"

namespace vm_control::request {

// Stop the VM. Answered by Ok.
struct Exit {};

// Map `size` bytes of `fd` into the guest's physical address space. Answered by Memory.
struct RegisterMemory {
  MaybeOwnedFd fd;
  uint64_t size = 0;  // bytes, a multiple of the page size
};

// Take what was registered in `slot` out again. Answered by Ok.
struct UnregisterMemory {
  Slot slot;
};

// Grow (positive) or shrink the balloon by 4 KiB pages. Answered by Ok: the target changed.
struct BalloonAdjust {
  int32_t num_pages = 0;
};

// Allocate a GPU buffer and map it as RegisterMemory does. Answered by GpuMemory.
struct AllocateAndRegisterGpuMemory {
  uint32_t width = 0;   // pixels
  uint32_t height = 0;  // pixels
  uint32_t format = 0;  // DRM fourcc
};

}  // namespace vm_control::request
