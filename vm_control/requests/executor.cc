// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/executor.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "vm_control/base/shared_memory.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

// A memfd with the words of a dirty log.
Result<response::DirtyLog> bitmap_of(const std::vector<uint64_t>& words) {
  auto bytes = std::as_bytes(std::span(words));
  SharedMemory memory = TRY(SharedMemory::create("dirty_log", bytes.size()));
  if (pwrite(memory.fd(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail(ENOSPC, "write a dirty log");
  }
  return response::DirtyLog{std::move(memory).take_fd(), bytes.size()};
}

// The stretch of the layout with the lowest address after `after`.
Result<response::Region> next_of_layout(const GuestLayout& layout,
                                        std::optional<GuestAddress> after) {
  std::optional<RegionInfo> next;
  auto offer = [&](GuestAddress start, uint64_t size, uint32_t kind) {
    bool is_nearer = (!after || start > *after) && (!next || start < next->address);
    if (is_nearer) next = {.address = start, .size = size, .flags = kind};
  };
  auto offer_range = [&](GuestRange range, uint32_t kind) {
    offer(range.start(), range.size(), kind);
  };
  auto offer_numbers = [&](NumberRange numbers, uint32_t kind) {
    if (numbers.count) offer(GuestAddress(numbers.first), numbers.count, kind);
  };
  for (GuestRange ram : layout.ram()) offer_range(ram, kLayoutRam);
  offer_range(layout.hole(), kLayoutHole);
  offer_range(layout.window(), layout.memslots() ? kLayoutWindow : kLayoutWindow | kLayoutMemslots);
  if (layout.memslots()) offer_range(*layout.memslots(), kLayoutMemslots);
  if (layout.events().doorbells) offer_range(*layout.events().doorbells, kLayoutDoorbells);
  offer_numbers(layout.events().doorbell_ports, kLayoutDoorbellPorts);
  offer_numbers(layout.events().interrupts, kLayoutInterrupts);
  if (!next) return fail(ENOENT, "find the next range of the layout");
  return response::Region{*next};
}

// Keeps the sender from taking the memory away, where it can. That waits for those who write to the
// memory. The seals that are there afterwards tell whether it worked.
void seal(int fd) {
  if (can_be_sealed(fd)) fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
}

struct Execution {
  const Executor::Parts& parts;
  EventRegistrations& events;
  const Executor& executor;
  const Caller& caller;

  bool is_admin() const { return caller.rights.contains(Right::kAdmin); }
  // The possessions that a share is counted from; an administrator has no share.
  std::optional<Resources> held() const {
    if (is_admin()) return std::nullopt;
    return caller.lasting_account->used();
  }

  // The caller's connection pays for a descriptor in its response. Without room for one, the
  // request is refused before it changes anything.
  Result<void> can_be_sent_descriptor() const {
    TRY(caller.account->charge({.descriptors = 1}));
    return {};
  }

  // Memory of the caller's own.
  DeviceMemory::RegionSpec spec_of(const MemorySource& source) const {
    return {.source = source,
            .owner = caller.owner,
            .detached = caller.owner.id == caller.principal,
            .held = held()};
  }

  Result<Response> operator()(request::Exit&) const {
    parts.vm.request_exit();
    return response::Ok{};
  }

  Result<Response> operator()(request::RegisterMemory& request) const {
    seal(request.fd.get());
    auto spec = spec_of({.fd = request.fd.get(), .size = request.size});
    spec.seal_policy = caller.seal_policy;
    Region region = TRY(parts.memory.add(spec, *caller.account));
    return response::Memory{PageFrameNumber::of(region.range.start()), region.slot};
  }

  Result<Response> operator()(request::MapMemory& request) const {
    bool needs_slot = request.flags != RegionFlags();
    if (needs_slot && !caller.rights.contains(Right::kMemslots)) {
      return fail(EPERM, "map memory that changes the hypervisor's slots");
    }
    seal(request.fd.get());
    auto spec = spec_of({.fd = request.fd.get(),
                         .offset = request.offset,
                         .size = request.size,
                         .flags = request.flags});
    spec.seal_policy = caller.seal_policy;
    spec.at = request.at;
    if (request.detached) {
      spec.owner.id = caller.principal;
      spec.detached = true;
      spec.detached_bytes = is_admin() ? 0 : request.size;
    }
    Account& account = request.detached ? *caller.lasting_account : *caller.account;
    Region region = TRY(parts.memory.add(spec, account));
    return response::MappedMemory{region.range.start(), region.handle, region.range.size(),
                                  region.slot};
  }

  // A caller can't tell what belongs to others from what does not exist.
  Result<Response> operator()(request::UnregisterMemory& request) const {
    TRY(parts.memory.remove(request.slot, caller));
    return response::Ok{};
  }
  Result<Response> operator()(request::UnmapMemory& request) const {
    TRY(parts.memory.remove(request.handle, caller));
    return response::Ok{};
  }

  Result<Response> operator()(request::NextRegion& request) const {
    if (request.layout) {
      if (!parts.layout) return fail(ENOENT, "tell the layout");
      return TRY(next_of_layout(*parts.layout, request.after));
    }
    auto region = parts.memory.next_after(request.after);
    if (!region) return fail(ENOENT, "find the next region");
    return response::Region{region->info()};
  }

  Result<Response> operator()(request::ReadDirtyLog& request) const {
    TRY(can_be_sent_descriptor());
    std::vector<uint64_t> pages = TRY(parts.memory.take_dirty_log(request.handle, caller));
    return TRY(bitmap_of(pages));
  }

  Result<Response> operator()(request::BalloonAdjust& request) const {
    TRY(executor.with_balloon([&](Balloon& each) { return each.adjust(request.num_pages); }));
    return response::Ok{};
  }
  Result<Response> operator()(request::BalloonSet& request) const {
    TRY(executor.with_balloon(
        [&](Balloon& each) { return each.set_target(request.target_bytes); }));
    return response::Ok{};
  }
  Result<Response> operator()(request::BalloonStatus&) const {
    auto status = executor.with_balloon([](Balloon& each) { return each.status(); });
    return response::BalloonStatus{status};
  }
  Result<Response> operator()(request::BalloonStats&) const { return executor.balloon_stats(); }

  Result<Response> operator()(request::AllocateAndRegisterGpuMemory& request) const {
    if (!parts.gpu) return fail(ENODEV, "allocate GPU memory");
    // The driver is not asked for a caller that has no room for another region. The size is charged
    // later.
    TRY(caller.account->charge({.regions = 1}));
    TRY(can_be_sent_descriptor());
    auto buffer = TRY(executor.allocate_gpu_buffer(request));
    Region region = TRY(
        parts.memory.add(spec_of({.fd = buffer.fd.get(), .size = buffer.size}), *caller.account));
    return response::GpuMemory{std::move(buffer.fd), PageFrameNumber::of(region.range.start()),
                               region.slot, buffer.desc};
  }

  Result<Response> operator()(request::RegisterIoevent& request) const {
    if (request.any) {
      auto placed = TRY(events.add_anywhere(request.event, request.ioevent, caller));
      return response::IoeventRegistered{placed.handle, placed.address};
    }
    return response::IoeventRegistered{TRY(events.add(request.event, request.ioevent, caller))};
  }
  Result<Response> operator()(request::RegisterIrqfd& request) const {
    Irqfd irqfd{request.gsi};
    return response::IrqfdRegistered{TRY(events.add(request.event, irqfd, caller))};
  }
  Result<Response> operator()(request::UnregisterEvent& request) const {
    TRY(events.remove(request.handle, caller));
    return response::Ok{};
  }

  Result<Response> operator()(request::Status&) const {
    return response::Status{executor.status()};
  }
  Result<Response> operator()(request::Pause&) const {
    parts.vm.request_pause();
    return response::Ok{};
  }
  Result<Response> operator()(request::Resume&) const {
    parts.vm.request_resume();
    return response::Ok{};
  }

  Result<Response> operator()(request::PowerButton&) const {
    TRY(parts.vm.request_power_button());
    return response::Ok{};
  }

  Result<Response> of_a_connection() const {
    return fail(EOPNOTSUPP, "handle a connection request outside a connection");
  }
  Result<Response> operator()(request::Hello&) const { return of_a_connection(); }
  Result<Response> operator()(request::Subscribe&) const { return of_a_connection(); }
  Result<Response> operator()(request::OpenSession&) const { return of_a_connection(); }
};

// Without a layout, nothing is set aside for clients.
EventPlaces places_of(const GuestLayout* layout) {
  if (!layout) return EventPlaces({}, {});
  std::vector<GuestRange> device_memory{layout->window()};
  if (layout->memslots()) device_memory.push_back(*layout->memslots());
  return EventPlaces(layout->events(), std::move(device_memory));
}

Response to_response(Result<Response> result) {
  if (!result) return response::Err{result.error().code()};
  return std::move(*result);
}

}  // namespace

Executor::Executor(const Parts& parts)
    : parts_(parts),
      events_(parts.vm, places_of(parts.layout)),
      process_{.owner = {.who = Credentials::own()},
               .rights = Rights::all(),
               .account = std::make_shared<Account>(Resources::unlimited())} {
  process_.lasting_account = process_.account;
}

Response Executor::execute(const Caller& caller, Request& request) {
  return to_response(std::visit(Execution{parts_, events_, *this, caller}, request));
}

Response Executor::execute(Request request) {
  return execute(process_, request);
}

size_t Executor::release_all_of(OwnerId owner) {
  return parts_.memory.remove_all_of(owner) + events_.remove_all_of(owner);
}

Result<GpuBuffer> Executor::allocate_gpu_buffer(
    const request::AllocateAndRegisterGpuMemory& request) const {
  std::lock_guard lock(gpu_mutex_);
  return parts_.gpu->allocate(request.width, request.height, request.format);
}

Response Executor::balloon_stats() const {
  auto stats = with_balloon([](Balloon& balloon) { return balloon.stats(); });
  if (!stats) return response::Err{ENODATA};
  return response::BalloonStats{*stats};
}

VmState Executor::request_pause() {
  if (state() == VmState::kRunning) parts_.vm.request_pause();
  return state();
}

VmStatus Executor::status() const {
  VirtualMachine::Info info = parts_.vm.info();
  auto uptime = std::chrono::steady_clock::now() - created_;
  return {.state = info.state,
          .vcpus = info.vcpus,
          .ram_bytes = info.ram_bytes,
          .uptime_ns = static_cast<uint64_t>(
              std::chrono::duration_cast<std::chrono::nanoseconds>(uptime).count()),
          .regions = parts_.memory.count(),
          .pid = static_cast<uint32_t>(getpid())};
}

}  // namespace vm_control
