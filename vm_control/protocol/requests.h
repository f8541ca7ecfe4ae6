// SPDX-License-Identifier: BSD-3-Clause
// The requests: everything that a client can ask of a VM.
//
// Each is declared once, here. Its declaration decides what its frame looks like, which sessions
// may send it, whether its response brings a descriptor, what logs call it, and what its row in
// docs/protocol.md says, which a test compares. A declaration has
//
//   kType        the number in the first four bytes of the frame
//   kName        its name in logs and documents
//   kRights      the rights of which a session needs one; if there are none, any session may ask
//   Response     what answers it if all goes well; if not, an Err does
//   kDescriptor  the descriptor that it carries, if it carries one
//   lay_out()    where its fields stand: see declaration.h
//   check()      if some values of its fields are invalid: EINVAL for those
//
// To add a request, declare it here and add it to `Request` at the end of this file, say in
// requests/executor.cc how it is executed, and give the Client a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/ioevent.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/slot.h"
#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/event.h"
#include "vm_control/protocol/responses.h"

namespace vm_control {

// The version of the extended protocol that this library speaks.
inline constexpr uint32_t kProtocolVersion = 1;

namespace request {

// ---- The requests of crosvm's 2018 protocol -----------------------------------------------------
//
// They share one layout, of which each uses a part; the rest is ignored:
//
//   type u32 | slot u32 | size u64 | num_pages i32 | width u32 | height u32 | format u32

// Stop the VM.
struct Exit {
  static constexpr uint32_t kType = 1;
  static constexpr std::string_view kName = "Exit";
  static constexpr Rights kRights = Right::kLifecycle;
  using Response = response::Ok;
};

// Map `size` bytes of `fd` into the guest's physical address space.
struct RegisterMemory {
  static constexpr uint32_t kType = 2;
  static constexpr std::string_view kName = "RegisterMemory";
  static constexpr Rights kRights = Right::kMemory;
  using Response = response::Memory;

  MaybeOwnedFd fd;
  uint64_t size = 0;  // bytes, a multiple of the page size

  static constexpr Descriptor kDescriptor{"the memory", &RegisterMemory::fd};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("size", 8, self.size);
  }
};

// Remove the memory or the GPU buffer that is registered as `slot`.
struct UnregisterMemory {
  static constexpr uint32_t kType = 3;
  static constexpr std::string_view kName = "UnregisterMemory";
  static constexpr Rights kRights = Right::kMemory | Right::kGpu;
  using Response = response::Ok;

  Slot slot;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("slot", 4, self.slot);
  }
};

// Grow (positive) or shrink the balloon by 4 KiB pages. The Ok says that the target has changed.
struct BalloonAdjust {
  static constexpr uint32_t kType = 4;
  static constexpr std::string_view kName = "BalloonAdjust";
  static constexpr Rights kRights = Right::kBalloon;
  using Response = response::Ok;

  int32_t num_pages = 0;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("num_pages", 16, self.num_pages);
  }
};

// Allocate a GPU buffer and map it as RegisterMemory does.
struct AllocateAndRegisterGpuMemory {
  static constexpr uint32_t kType = 5;
  static constexpr std::string_view kName = "AllocateAndRegisterGpuMemory";
  static constexpr Rights kRights = Right::kGpu;
  using Response = response::GpuMemory;

  uint32_t width = 0;   // pixels
  uint32_t height = 0;  // pixels
  uint32_t format = 0;  // DRM fourcc

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("width", 20, self.width);
    wire.field("height", 24, self.height);
    wire.field("format", 28, self.format);
  }
};

// ---- The extended requests ----------------------------------------------------------------------
//
// Each has a layout of its own. Every bit that it does not use must be zero.

// Ask which server answers, and what this session may do.
struct Hello {
  static constexpr uint32_t kType = 0x100;
  static constexpr std::string_view kName = "Hello";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::Hello;

  uint32_t version = kProtocolVersion;  // the highest that the client speaks

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("version", 4, self.version);
  }
  Result<void> check() const {
    if (version == 0) return fail(EINVAL, "decode a Hello of version 0");
    return {};
  }
};

// Map a part of `fd` into the guest's physical address space.
struct MapMemory {
  static constexpr uint32_t kType = 0x110;
  static constexpr std::string_view kName = "MapMemory";
  static constexpr Rights kRights = Right::kMemory;
  using Response = response::MappedMemory;

  MaybeOwnedFd fd;
  uint64_t size = 0;               // bytes, a multiple of the page size
  uint64_t offset = 0;             // bytes into fd, a multiple of the page size
  std::optional<GuestAddress> at;  // if empty, the server chooses the address
  RegionFlags flags;
  bool detached = false;  // it belongs to the VM and outlives the session

  static constexpr Descriptor kDescriptor{"the memory", &MapMemory::fd};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.flag({"READ_ONLY", 1u << 0}, self.flags.read_only);
    wire.optional("guest_address", 24, self.at, {"FIXED", 1u << 1});
    wire.flag({"DETACHED", 1u << 2}, self.detached);
    wire.flag({"LOG_DIRTY", 1u << 3}, self.flags.log_dirty);
    wire.field("size", 8, self.size);
    wire.field("offset", 16, self.offset);
  }
};

// Remove mapped memory.
struct UnmapMemory {
  static constexpr uint32_t kType = 0x111;
  static constexpr std::string_view kName = "UnmapMemory";
  static constexpr Rights kRights = Right::kMemory | Right::kGpu;
  using Response = response::Ok;

  Handle handle;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("handle", 8, self.handle);
  }
};

// Ask for the region with the lowest address after `after`, or for the first of all. After the last
// one, Err(ENOENT) answers.
struct NextRegion {
  static constexpr uint32_t kType = 0x112;
  static constexpr std::string_view kName = "NextRegion";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::Region;

  std::optional<GuestAddress> after;
  bool layout = false;  // instead of regions: RAM, the 32-bit hole, the window of device memory

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.optional("after_guest_address", 8, self.after, {"FIRST", 1u << 0}, Presence::kAbsent);
    wire.flag({"LAYOUT", 1u << 1}, self.layout);
  }
};

// Ask which pages of a region the guest has written since the last time.
struct ReadDirtyLog {
  static constexpr uint32_t kType = 0x113;
  static constexpr std::string_view kName = "ReadDirtyLog";
  static constexpr Rights kRights = Right::kMemory;
  using Response = response::DirtyLog;

  Handle handle;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("handle", 8, self.handle);
  }
};

// Signal `event` whenever the guest writes as `ioevent` says: at an address among the doorbells
// that NextRegion tells, or at a free one of them if `any` is set.
struct RegisterIoevent {
  static constexpr uint32_t kType = 0x120;
  static constexpr std::string_view kName = "RegisterIoevent";
  static constexpr Rights kRights = Right::kEvents;
  using Response = response::IoeventRegistered;

  MaybeOwnedFd event;
  Ioevent ioevent;
  bool any = false;  // the server picks the address

  static constexpr Descriptor kDescriptor{"an eventfd", &RegisterIoevent::event};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    using Space = Ioevent::Space;
    auto& ioevent = self.ioevent;
    wire.choice({"PORT", 1u << 0}, ioevent.space, Space::kMemory, Space::kPort);
    wire.optional("datamatch", 16, ioevent.datamatch, {"DATAMATCH", 1u << 1});
    wire.flag({"ANY", 1u << 2}, self.any);
    wire.field("address", 8, ioevent.address);
    wire.field("length", 24, ioevent.length);
  }
  Result<void> check() const {
    uint32_t length = ioevent.length;
    bool known = length == 0 || length == 1 || length == 2 || length == 4 || length == 8;
    if (!known) return fail(EINVAL, "decode an ioevent of a length that no guest writes");
    if (any && ioevent.address) return fail(EINVAL, "decode an ioevent at any address and at one");
    return {};
  }
};

// Raise the guest's interrupt `gsi` whenever `event` is signalled.
struct RegisterIrqfd {
  static constexpr uint32_t kType = 0x121;
  static constexpr std::string_view kName = "RegisterIrqfd";
  static constexpr Rights kRights = Right::kEvents;
  using Response = response::IrqfdRegistered;

  MaybeOwnedFd event;
  uint32_t gsi = 0;

  static constexpr Descriptor kDescriptor{"an eventfd", &RegisterIrqfd::event};
  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("gsi", 4, self.gsi);
  }
};

// End an ioevent or an irqfd.
struct UnregisterEvent {
  static constexpr uint32_t kType = 0x122;
  static constexpr std::string_view kName = "UnregisterEvent";
  static constexpr Rights kRights = Right::kEvents;
  using Response = response::Ok;

  Handle handle;

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("handle", 8, self.handle);
  }
};

// Set the target of the balloon. The Ok says that the target has changed.
struct BalloonSet {
  static constexpr uint32_t kType = 0x130;
  static constexpr std::string_view kName = "BalloonSet";
  static constexpr Rights kRights = Right::kBalloon;
  using Response = response::Ok;

  uint64_t target_bytes = 0;  // the size of the balloon, a multiple of the page size

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("target_bytes", 8, self.target_bytes);
  }
  Result<void> check() const {
    if (target_bytes % kPageSize) return fail(EINVAL, "decode a balloon of a part of a page");
    return {};
  }
};

// Ask how far the guest has followed the target.
struct BalloonStatus {
  static constexpr uint32_t kType = 0x131;
  static constexpr std::string_view kName = "BalloonStatus";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::BalloonStatus;
};

// Ask the guest for its view of its memory. If it tells nothing within a second, the response has
// what it told last.
struct BalloonStats {
  static constexpr uint32_t kType = 0x132;
  static constexpr std::string_view kName = "BalloonStats";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::BalloonStats;
};

// Ask for the state of the VM.
struct Status {
  static constexpr uint32_t kType = 0x140;
  static constexpr std::string_view kName = "Status";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::Status;
};

// Stop running guest code until Resume. The Ok says that no vCPU runs guest code any more.
struct Pause {
  static constexpr uint32_t kType = 0x141;
  static constexpr std::string_view kName = "Pause";
  static constexpr Rights kRights = Right::kLifecycle;
  using Response = response::Ok;
};

// Run guest code again after Pause.
struct Resume {
  static constexpr uint32_t kType = 0x142;
  static constexpr std::string_view kName = "Resume";
  static constexpr Rights kRights = Right::kLifecycle;
  using Response = response::Ok;
};

// Press the guest's power button. What comes of it is up to the guest.
struct PowerButton {
  static constexpr uint32_t kType = 0x143;
  static constexpr std::string_view kName = "PowerButton";
  static constexpr Rights kRights = Right::kLifecycle;
  using Response = response::Ok;
};

// Report events from now on.
struct Subscribe {
  static constexpr uint32_t kType = 0x150;
  static constexpr std::string_view kName = "Subscribe";
  static constexpr Rights kRights = Right::kObserve;
  using Response = response::Subscribed;

  uint32_t events = 0;  // the event_bit() of each type that is wanted, at least one

  template <class Wire, class Self>
  static constexpr void lay_out(Wire& wire, Self& self) {
    wire.field("events", 4, self.events);
  }
  Result<void> check() const {
    if (events == 0) return fail(EINVAL, "decode a subscription to no event");
    if (events & ~kAllEvents) return fail(EINVAL, "decode a subscription to unknown events");
    return {};
  }
};

// Open another session with the rights of this one. It needs no right, because the new session can
// do no more than this one.
struct OpenSession {
  static constexpr uint32_t kType = 0x151;
  static constexpr std::string_view kName = "OpenSession";
  static constexpr Rights kRights{};
  using Response = response::SessionOpened;
};

}  // namespace request

using Request =
    std::variant<request::Exit, request::RegisterMemory, request::UnregisterMemory,
                 request::BalloonAdjust, request::AllocateAndRegisterGpuMemory, request::Hello,
                 request::MapMemory, request::UnmapMemory, request::NextRegion,
                 request::ReadDirtyLog, request::RegisterIoevent, request::RegisterIrqfd,
                 request::UnregisterEvent, request::BalloonSet, request::BalloonStatus,
                 request::BalloonStats, request::Status, request::Pause, request::Resume,
                 request::PowerButton, request::Subscribe, request::OpenSession>;

}  // namespace vm_control
