// SPDX-License-Identifier: BSD-3-Clause
// What a VM answers, and its 48 bytes on the wire.
//
//   type u32 | errno u32 | pfn u64 | slot u32 | stride0..2 u32 | offset0..2 u32 | zero u32
//
// encode() and decode_response() are pure: they make no system call, and allocate only for the text
// of an error.
#pragma once

#include <span>
#include <variant>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/memory/guest_address.h"
#include "vm_control/memory/slot.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/gpu_memory_desc.h"

namespace vm_control {
namespace response {

struct Ok {};

// The request was refused, and changed nothing.
struct Err {
  int code = 0;  // errno, positive
};

// The memory is at page `pfn` of the guest and is named by `slot`.
struct Memory {
  PageFrameNumber pfn;
  Slot slot;
};

// The same for a GPU buffer, and the buffer itself.
struct GpuMemory {
  MaybeOwnedFd fd;
  PageFrameNumber pfn;
  Slot slot;
  GpuMemoryDesc desc;
};

}  // namespace response

using Response = std::variant<response::Ok, response::Err, response::Memory, response::GpuMemory>;

struct EncodedResponse {
  ResponseFrame bytes{};
  int fd = -1;  // borrowed from the response; -1 if it carries none
};

// The frame of `response`. An Err that is not positive goes out as ERANGE, as in the original.
EncodedResponse encode(const Response& response);

// The response in a received message.
//
// bytes   the whole message, as long as it was.
// fd      what came with it, if anything; closed here if the response takes none.
// Errors  EPROTO  wrong size, unknown type, an errno that is none, or no fd where one belongs.
Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd);

}  // namespace vm_control
