// SPDX-License-Identifier: BSD-3-Clause
// The typed calls: each is a request, and the response that it is answered by when all is well.
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/client/client.h"
#include "vm_control/client/wait_readable.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;

bool is_err(const Response& response, int code) {
  auto* err = std::get_if<response::Err>(&response);
  return err && err->code == code;
}

}  // namespace

CallResult<> Client::exit() {
  TRY(call_for<response::Ok>(request::Exit{}));
  return {};
}

CallResult<response::Memory> Client::register_memory(int fd, uint64_t size) {
  return call_for<response::Memory>(request::RegisterMemory{MaybeOwnedFd::borrow(fd), size});
}

CallResult<> Client::unregister_memory(Slot slot) {
  TRY(call_for<response::Ok>(request::UnregisterMemory{slot}));
  return {};
}

CallResult<> Client::adjust_balloon(int32_t num_pages) {
  TRY(call_for<response::Ok>(request::BalloonAdjust{num_pages}));
  return {};
}

CallResult<response::GpuMemory> Client::allocate_gpu_memory(uint32_t width, uint32_t height,
                                                            uint32_t format) {
  return call_for<response::GpuMemory>(
      request::AllocateAndRegisterGpuMemory{width, height, format});
}

CallResult<response::Hello> Client::hello(std::chrono::milliseconds deadline) {
  TRY(send(request::Hello{}));
  if (!wait_readable(socket_.get(), deadline)) return hello_or_classic();
  return expect<response::Hello>(TRY(receive(false)));
}

// After a Hello that was not answered in time: a second request, whose response shows whether there
// is one to the Hello at all. Both come in order, and ENOENT is no answer to a Hello.
CallResult<response::Hello> Client::hello_or_classic() {
  TRY(send(request::UnregisterMemory{Slot(UINT32_MAX)}));
  Response first = TRY(receive(false));
  if (is_err(first, ENOENT)) {
    return fail_call(Kind::kRefused, Error(EOPNOTSUPP, "say hello"));
  }
  TRY(receive(false));
  return expect<response::Hello>(std::move(first));
}

CallResult<response::MappedMemory> Client::map_memory(int fd, uint64_t size,
                                                      const MapOptions& options) {
  return call_for<response::MappedMemory>(request::MapMemory{.fd = MaybeOwnedFd::borrow(fd),
                                                             .size = size,
                                                             .offset = options.offset,
                                                             .at = options.at,
                                                             .read_only = options.read_only,
                                                             .detached = options.detached,
                                                             .log_dirty = options.log_dirty});
}

CallResult<> Client::unmap_memory(Handle handle) {
  TRY(call_for<response::Ok>(request::UnmapMemory{handle}));
  return {};
}

CallResult<std::optional<RegionInfo>> Client::next_region(std::optional<GuestAddress> after) {
  return next({.after = after, .layout = false});
}

CallResult<std::vector<RegionInfo>> Client::regions() {
  return list(false);
}

CallResult<std::vector<RegionInfo>> Client::layout() {
  return list(true);
}

CallResult<std::optional<RegionInfo>> Client::next(const request::NextRegion& request) {
  Response response = TRY(call(request));
  if (is_err(response, ENOENT)) return std::nullopt;
  auto region = TRY(expect<response::Region>(std::move(response)));
  // A server that does not go up would never come to an end.
  if (request.after && region.info.address <= *request.after) {
    return give_up(Kind::kProtocol, Error(EPROTO, "receive the next region"));
  }
  return region.info;
}

CallResult<std::vector<RegionInfo>> Client::list(bool layout) {
  std::vector<RegionInfo> all;
  auto region = TRY(next({.after = std::nullopt, .layout = layout}));
  while (region) {
    all.push_back(*region);
    region = TRY(next({.after = region->address, .layout = layout}));
  }
  return all;
}

CallResult<response::DirtyLog> Client::read_dirty_log(Handle handle) {
  return call_for<response::DirtyLog>(request::ReadDirtyLog{handle});
}

CallResult<Handle> Client::register_ioevent(int event, const Ioevent& ioevent) {
  auto registered = TRY(call_for<response::IoeventRegistered>(
      request::RegisterIoevent{MaybeOwnedFd::borrow(event), ioevent}));
  return registered.handle;
}

CallResult<Handle> Client::register_irqfd(int event, uint32_t gsi) {
  auto registered = TRY(call_for<response::IrqfdRegistered>(
      request::RegisterIrqfd{MaybeOwnedFd::borrow(event), gsi}));
  return registered.handle;
}

CallResult<> Client::unregister_event(Handle handle) {
  TRY(call_for<response::Ok>(request::UnregisterEvent{handle}));
  return {};
}

CallResult<VmStatus> Client::status() {
  auto response = TRY(call_for<response::Status>(request::Status{}));
  return response.status;
}

CallResult<> Client::pause() {
  TRY(call_for<response::Ok>(request::Pause{}));
  return {};
}

CallResult<> Client::resume() {
  TRY(call_for<response::Ok>(request::Resume{}));
  return {};
}

CallResult<Subscription> Client::subscribe(uint32_t events) {
  auto subscribed = TRY(call_for<response::Subscribed>(request::Subscribe{events}));
  return Subscription(subscribed.state, std::move(subscribed.events));
}

CallResult<Client> Client::open_session() {
  auto opened = TRY(call_for<response::SessionOpened>(request::OpenSession{}));
  auto session = adopt(std::move(opened.session), deadline_);
  if (!session) return give_up(Kind::kProtocol, session.error());
  return std::move(*session);
}

template <class Expected>
CallResult<Expected> Client::call_for(const Request& request) {
  return expect<Expected>(TRY(call(request)));
}

// `response` as what answers a request when all is well.
template <class Expected>
CallResult<Expected> Client::expect(Response response) {
  if (auto* expected = std::get_if<Expected>(&response)) return std::move(*expected);
  if (auto* err = std::get_if<response::Err>(&response)) {
    return fail_call(Kind::kRefused, Error(err->code, "carry out a request"));
  }
  return give_up(Kind::kProtocol, Error(EPROTO, "receive the response to another request"));
}

}  // namespace vm_control
