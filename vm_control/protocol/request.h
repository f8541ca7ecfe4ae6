// SPDX-License-Identifier: BSD-3-Clause
// What a client asks of a VM, and its 32 bytes on the wire.
//
//   type u32 | slot u32 | size u64 | num_pages i32 | width u32 | height u32 | format u32
//
// encode() and decode_request() are pure: they make no system call and do not allocate.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/memory/ioevent.h"
#include "vm_control/memory/slot.h"
#include "vm_control/protocol/frame.h"

namespace vm_control {
namespace request {

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

// Signal `event` when the guest writes as `ioevent` says. Local to the process, as in the original.
struct RegisterIoevent {
  MaybeOwnedFd event;
  Ioevent ioevent;
};

// Raise the guest's interrupt `gsi` when `event` is signalled. Local to the process, as in the
// original.
struct RegisterIrqfd {
  MaybeOwnedFd event;
  uint32_t gsi = 0;
};

}  // namespace request

using Request = std::variant<request::Exit, request::RegisterMemory, request::UnregisterMemory,
                             request::BalloonAdjust, request::AllocateAndRegisterGpuMemory,
                             request::RegisterIoevent, request::RegisterIrqfd>;

struct EncodedRequest {
  RequestFrame bytes{};
  int fd = -1;  // borrowed from the request; -1 if it carries none
};

// The frame of `request`. Errors: EOPNOTSUPP for requests that are local to the process.
Result<EncodedRequest> encode(const Request& request);

// The request in a received message.
//
// bytes   the whole message, as long as it was.
// fd      what came with it, if anything; closed here if the request takes none.
// Errors  EMSGSIZE    not kRequestSize bytes.
//         EOPNOTSUPP  the type is unknown.
//         EBADF       the request needs a file descriptor, and there is none.
Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd fd);

}  // namespace vm_control
