// SPDX-License-Identifier: BSD-3-Clause
// The responses: everything that a VM can answer.
//
// Each is declared once, here, in the way of requests.h: a number, a name, a layout, and the
// descriptor that it brings, if it brings one.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/model/balloon_status.h"
#include "vm_control/model/gpu_memory_desc.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/slot.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/detail_layout.h"

namespace vm_control {
namespace response {

// ---- The responses of crosvm's 2018 protocol ----------------------------------------------------
//
//   type u32 | errno u32 | pfn u64 | slot u32 | stride0..2 u32 | offset0..2 u32 | zero u32

struct Ok {
  static constexpr uint32_t kType = 1;
  static constexpr std::string_view kName = "Ok";
};

// The request was refused, and changed nothing.
struct Err {
  static constexpr uint32_t kType = 2;
  static constexpr std::string_view kName = "Err";

  int code = 0;  // errno, positive

  // A code that is not positive is sent as ERANGE, as crosvm's server does.
  template <class Wire>
  static constexpr void lay_out(Wire& wire, const Err& self) {
    wire.field("errno", 4, static_cast<uint32_t>(self.code > 0 ? self.code : ERANGE));
  }
  template <class Wire>
  static constexpr void lay_out(Wire& wire, Err& self) {
    wire.field("errno", 4, self.code);
  }
  Result<void> check() const {
    if (code > 0) return {};
    return fail(EPROTO, "decode a response with errno",
                std::to_string(static_cast<uint32_t>(code)));
  }
};

// The memory begins at page `pfn` of the guest, and is registered as `slot`.
struct Memory {
  static constexpr uint32_t kType = 3;
  static constexpr std::string_view kName = "Memory";

  PageFrameNumber pfn;
  Slot slot;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("pfn", 8, self.pfn);
    wire.field("slot", 16, self.slot);
  }
};

// The same for a GPU buffer, and the buffer itself.
struct GpuMemory {
  static constexpr uint32_t kType = 4;
  static constexpr std::string_view kName = "GpuMemory";

  UniqueFd fd;
  PageFrameNumber pfn;
  Slot slot;
  GpuMemoryDesc desc;

  static constexpr Descriptor kDescriptor{"the buffer", &GpuMemory::fd};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    auto& planes = self.desc.planes;
    wire.field("pfn", 8, self.pfn);
    wire.field("slot", 16, self.slot);
    wire.field("stride0", 20, planes[0].stride);
    wire.field("stride1", 24, planes[1].stride);
    wire.field("stride2", 28, planes[2].stride);
    wire.field("offset0", 32, planes[0].offset);
    wire.field("offset1", 36, planes[1].offset);
    wire.field("offset2", 40, planes[2].offset);
  }
};

// ---- The extended responses ---------------------------------------------------------------------
//
// Each has the number of its request, and a layout of its own from byte 8. A client ignores every
// bit that is not used here, because a newer server may use it.

// The server's version, and what this session may have and do.
struct Hello {
  static constexpr uint32_t kType = 0x100;
  static constexpr std::string_view kName = "Hello";

  uint64_t features = 0;  // of Feature
  uint32_t version = 0;   // the highest that both speak
  Rights allowed;
  uint32_t max_regions = 0;
  uint32_t max_events = 0;  // ioevents and irqfds together
  uint64_t max_bytes = 0;   // of all regions together
  uint32_t pid = 0;         // of the VM

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("features", 8, self.features);
    wire.field("version", 16, self.version);
    wire.field("allowed", 20, self.allowed);
    wire.field("max_regions", 24, self.max_regions);
    wire.field("max_events", 28, self.max_events);
    wire.field("max_bytes", 32, self.max_bytes);
    wire.field("pid", 40, self.pid);
  }
};

// The memory begins at `address`, and is mapped as `handle`; UnregisterMemory knows it as `slot`.
struct MappedMemory {
  static constexpr uint32_t kType = 0x110;
  static constexpr std::string_view kName = "MappedMemory";

  GuestAddress address;
  Handle handle;
  uint64_t size = 0;  // bytes
  Slot slot;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("guest_address", 8, self.address);
    wire.field("handle", 16, self.handle);
    wire.field("size", 24, self.size);
    wire.field("slot", 32, self.slot);
  }
};

struct Region {
  static constexpr uint32_t kType = 0x112;
  static constexpr std::string_view kName = "Region";

  RegionInfo info;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("guest_address", 8, self.info.address);
    internal::lay_out_detail(wire, self.info);
  }
};

// A memfd with one bit for each page, lowest first, in little-endian words of 64 bits.
struct DirtyLog {
  static constexpr uint32_t kType = 0x113;
  static constexpr std::string_view kName = "DirtyLog";

  UniqueFd bitmap;
  uint64_t bitmap_bytes = 0;

  static constexpr Descriptor kDescriptor{"a memfd", &DirtyLog::bitmap};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("bitmap_bytes", 8, self.bitmap_bytes);
  }
};

struct IoeventRegistered {
  static constexpr uint32_t kType = 0x120;
  static constexpr std::string_view kName = "IoeventRegistered";

  Handle handle;
  uint64_t address = 0;  // that the server picked; 0 if it was asked for one

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("handle", 8, self.handle);
    wire.field("address", 16, self.address);
  }
};

struct IrqfdRegistered {
  static constexpr uint32_t kType = 0x121;
  static constexpr std::string_view kName = "IrqfdRegistered";

  Handle handle;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("handle", 8, self.handle);
  }
};

// All zeros if there is no balloon.
struct BalloonStatus {
  static constexpr uint32_t kType = 0x131;
  static constexpr std::string_view kName = "BalloonStatus";

  vm_control::BalloonStatus status;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("target_bytes", 8, self.status.target_bytes);
    internal::lay_out_detail(wire, self.status);
  }
};

struct BalloonStats {
  static constexpr uint32_t kType = 0x132;
  static constexpr std::string_view kName = "BalloonStats";

  vm_control::BalloonStats stats;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    internal::lay_out_told(wire, "free", 8, self.stats.free_bytes);
    internal::lay_out_told(wire, "available", 16, self.stats.available_bytes);
    internal::lay_out_told(wire, "total", 24, self.stats.total_bytes);
    internal::lay_out_told(wire, "disk_caches", 32, self.stats.disk_caches_bytes);
    wire.field("age_ms", 40, self.stats.age_ms);
  }
};

struct Status {
  static constexpr uint32_t kType = 0x140;
  static constexpr std::string_view kName = "Status";

  VmStatus status;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("state", 8, self.status.state);
    wire.field("vcpus", 12, self.status.vcpus);
    internal::lay_out_detail(wire, self.status);
  }
};

// The VM is in `state`; `events` receives what happens from now on.
struct Subscribed {
  static constexpr uint32_t kType = 0x150;
  static constexpr std::string_view kName = "Subscribed";

  VmState state = VmState::kRunning;
  UniqueFd events;

  static constexpr Descriptor kDescriptor{"a seqpacket socket, to receive from",
                                          &Subscribed::events};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("state", 8, self.state);
  }
};

struct SessionOpened {
  static constexpr uint32_t kType = 0x151;
  static constexpr std::string_view kName = "SessionOpened";

  UniqueFd session;

  static constexpr Descriptor kDescriptor{"a connected seqpacket socket", &SessionOpened::session};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire&, Self&) {}
};

}  // namespace response

// Bits of response::Hello::features.
enum Feature : uint64_t {
  kFeatureLayout = 1u << 0,  // the server answers NextRegion with `layout`
};

using Response =
    std::variant<response::Ok, response::Err, response::Memory, response::GpuMemory,
                 response::Hello, response::MappedMemory, response::Region, response::DirtyLog,
                 response::IoeventRegistered, response::IrqfdRegistered, response::BalloonStatus,
                 response::BalloonStats, response::Status, response::Subscribed,
                 response::SessionOpened>;

}  // namespace vm_control
