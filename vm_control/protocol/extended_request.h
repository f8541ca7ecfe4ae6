// SPDX-License-Identifier: BSD-3-Clause
// The requests beyond the original's, types 0x100 to 0x151. Each has a layout of its own for bytes
// 4 to 31 of the frame, where what is not used is zero.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/ioevent.h"

namespace vm_control {

// What this library speaks of the extended protocol.
inline constexpr uint32_t kProtocolVersion = 1;

namespace request {

// Who are you, and what may I? Answered by Hello.
struct Hello {
  uint32_t version = kProtocolVersion;  // the highest that the client speaks
};

// Map a part of `fd` into the guest's physical address space. Answered by MappedMemory.
struct MapMemory {
  MaybeOwnedFd fd;
  uint64_t size = 0;               // bytes, a multiple of the page size
  uint64_t offset = 0;             // bytes into fd, a multiple of the page size
  std::optional<GuestAddress> at;  // where; anywhere if it is not given
  bool read_only = false;          // guest writes don't reach it
  bool detached = false;           // it outlives the session: it is the VM's
  bool log_dirty = false;          // for ReadDirtyLog
};

// Take mapped memory out again. Answered by Ok.
struct UnmapMemory {
  Handle handle;
};

// The region with the lowest address after `after`, or the very first. Answered by Region, or by
// Err(ENOENT) after the last.
struct NextRegion {
  std::optional<GuestAddress> after;
  bool layout = false;  // instead of regions: RAM, the 32-bit hole, the window of device memory
};

// Which pages of a region the guest wrote since the last time. Answered by DirtyLog.
struct ReadDirtyLog {
  Handle handle;
};

// Signal `event` when the guest writes as `ioevent` says. Answered by IoeventRegistered.
struct RegisterIoevent {
  MaybeOwnedFd event;
  Ioevent ioevent;
};

// Raise the guest's interrupt `gsi` when `event` is signalled. Answered by IrqfdRegistered.
struct RegisterIrqfd {
  MaybeOwnedFd event;
  uint32_t gsi = 0;
};

// End an ioevent or an irqfd. Answered by Ok.
struct UnregisterEvent {
  Handle handle;
};

// How is the VM? Answered by Status.
struct Status {};

// Stop running guest code, until Resume. Answered by Ok, when no vCPU runs guest code any more.
struct Pause {};

// Go on after Pause. Answered by Ok.
struct Resume {};

// Tell me what happens. Answered by Subscribed.
struct Subscribe {
  uint32_t events = 0;  // a bit for each EventType, as event_bit() says; at least one
};

// Another session with the rights of this one. Answered by SessionOpened.
struct OpenSession {};

}  // namespace request
}  // namespace vm_control
