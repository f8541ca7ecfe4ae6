// SPDX-License-Identifier: BSD-3-Clause
// What a VM answers, and its 48 bytes on the wire.
//
//   type u32 | errno u32 | pfn u64 | slot u32 | stride0..2 u32 | offset0..2 u32 | zero u32
//
// The response to an extended request has that request's type, and a layout of its own from byte 8.
//
// encode() and decode_response() are pure: they make no system call, and allocate only for the text
// of an error.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/slot.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/model/gpu_memory_desc.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/vm_status.h"

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

// Who answers, and what this session may have and do.
struct Hello {
  uint64_t features = 0;  // of Feature
  uint32_t version = 0;   // that both speak
  Rights allowed;
  uint32_t max_regions = 0;
  uint32_t max_events = 0;  // ioevents and irqfds together
  uint64_t max_bytes = 0;   // of all regions together
  uint32_t pid = 0;         // of the VM
};

// The memory is at `address` and is named by `handle`, and by `slot` for UnregisterMemory.
struct MappedMemory {
  GuestAddress address;
  Handle handle;
  uint64_t size = 0;  // bytes
  Slot slot;
};

struct Region {
  RegionInfo info;
};

// A memfd with a bit a page, lowest first, in little-endian words of 64 bits.
struct DirtyLog {
  MaybeOwnedFd bitmap;
  uint64_t bitmap_bytes = 0;
};

struct IoeventRegistered {
  Handle handle;
};

struct IrqfdRegistered {
  Handle handle;
};

struct Status {
  VmStatus status;
};

// The VM is in `state`; what happens from now on can be received from `events`.
struct Subscribed {
  VmState state = VmState::kRunning;
  UniqueFd events;  // a seqpacket socket to receive event frames from
};

struct SessionOpened {
  UniqueFd session;  // a connected seqpacket socket
};

}  // namespace response

// Bits of Hello::features.
enum Feature : uint64_t {
  kFeatureLayout = 1u << 0,  // NextRegion tells the layout
};

using Response =
    std::variant<response::Ok, response::Err, response::Memory, response::GpuMemory,
                 response::Hello, response::MappedMemory, response::Region, response::DirtyLog,
                 response::IoeventRegistered, response::IrqfdRegistered, response::Status,
                 response::Subscribed, response::SessionOpened>;

struct EncodedResponse {
  ResponseFrame bytes{};
  int fd = -1;  // borrowed from the response; -1 if it carries none
};

// The frame of `response`. An Err that is not positive goes out as ERANGE, as in the original.
EncodedResponse encode(const Response& response);

// The response in a received message.
//
// bytes   the whole message, as long as it was.
// fd      what came with it, if anything; closed here if the response takes none. What is reserved
//         in an extended response is ignored: a newer server may use it.
// Errors  EPROTO  wrong size, unknown type, an errno that is none, or no fd where one belongs.
Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd);

}  // namespace vm_control
