// SPDX-License-Identifier: BSD-3-Clause
// The typed calls: each sends a request, and returns what its declaration names as the Response.
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/client/client.h"
#include "vm_control/client/wait_readable.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;

bool is_err(const Response& response, int code) {
  auto* err = std::get_if<response::Err>(&response);
  return err && err->code == code;
}

}  // namespace

CallResult<> Client::exit() {
  return ask(request::Exit{});
}

CallResult<response::Memory> Client::register_memory(int fd, uint64_t size) {
  return ask(request::RegisterMemory{MaybeOwnedFd::borrow(fd), size});
}

CallResult<> Client::unregister_memory(Slot slot) {
  return ask(request::UnregisterMemory{slot});
}

CallResult<> Client::adjust_balloon(int32_t num_pages) {
  return ask(request::BalloonAdjust{num_pages});
}

CallResult<response::GpuMemory> Client::allocate_gpu_memory(uint32_t width, uint32_t height,
                                                            uint32_t format) {
  return ask(request::AllocateAndRegisterGpuMemory{width, height, format});
}

CallResult<response::Hello> Client::hello(std::chrono::milliseconds deadline) {
  TRY(send(request::Hello{}));
  if (!wait_readable(socket_.get(), time_left(deadline))) return hello_or_classic();
  return expect<response::Hello>(TRY(receive()));
}

// The server has not answered a Hello in time. A second request shows whether it will: responses
// come in order, and no Hello is answered by ENOENT.
CallResult<response::Hello> Client::hello_or_classic() {
  TRY(send(request::UnregisterMemory{Slot(UINT32_MAX)}));
  Response first = TRY(receive());
  if (is_err(first, ENOENT)) {
    return fail_call(Kind::kRefused, Error(EOPNOTSUPP, "say hello"));
  }
  TRY(receive());
  return expect<response::Hello>(std::move(first));
}

CallResult<response::MappedMemory> Client::map_memory(int fd, uint64_t size,
                                                      const MapOptions& options) {
  return ask(request::MapMemory{.fd = MaybeOwnedFd::borrow(fd),
                                .size = size,
                                .offset = options.offset,
                                .at = options.at,
                                .flags = options.flags,
                                .detached = options.detached});
}

CallResult<> Client::unmap_memory(Handle handle) {
  return ask(request::UnmapMemory{handle});
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
  auto region = TRY(expect<response::Region>(std::move(response), request::NextRegion::kRights));
  // If the addresses did not go up, the list might never end.
  bool goes_up = !request.after || region.info.address > *request.after;
  if (!goes_up || !region.info.address.checked_add(region.info.size)) {
    return give_up(Kind::kProtocol, Error(EPROTO, "receive the next region"));
  }
  return region.info;
}

// The list as a whole has the deadline of one call: a server may answer each request in time, and
// never come to an end.
CallResult<std::vector<RegionInfo>> Client::list(bool layout) {
  constexpr std::chrono::milliseconds kMax = std::chrono::hours(24 * 365);
  Clock::time_point end_of_all = end_;
  finish_by(std::min(end_of_all, Clock::now() + std::min(deadline_, kMax)));
  auto all = list_until_end(layout);
  finish_by(end_of_all);
  return all;
}

CallResult<std::vector<RegionInfo>> Client::list_until_end(bool layout) {
  std::vector<RegionInfo> all;
  auto region = TRY(next({.after = std::nullopt, .layout = layout}));
  while (region) {
    if (all.size() == kMaxRegions) {
      return give_up(Kind::kProtocol, Error(EPROTO, "receive a list of regions that ends"));
    }
    all.push_back(*region);
    region = TRY(next({.after = region->address, .layout = layout}));
  }
  return all;
}

CallResult<response::DirtyLog> Client::read_dirty_log(Handle handle) {
  return ask(request::ReadDirtyLog{handle});
}

CallResult<Handle> Client::register_ioevent(int event, const Ioevent& ioevent) {
  auto registered = TRY(ask(request::RegisterIoevent{MaybeOwnedFd::borrow(event), ioevent}));
  return registered.handle;
}

CallResult<response::IoeventRegistered> Client::register_ioevent_anywhere(int event,
                                                                          const Ioevent& ioevent) {
  return ask(request::RegisterIoevent{MaybeOwnedFd::borrow(event), ioevent, true});
}

CallResult<Handle> Client::register_irqfd(int event, uint32_t gsi) {
  auto registered = TRY(ask(request::RegisterIrqfd{MaybeOwnedFd::borrow(event), gsi}));
  return registered.handle;
}

CallResult<> Client::unregister_event(Handle handle) {
  return ask(request::UnregisterEvent{handle});
}

CallResult<> Client::set_balloon(uint64_t target_bytes) {
  return ask(request::BalloonSet{target_bytes});
}

CallResult<BalloonStatus> Client::balloon_status() {
  auto response = TRY(ask(request::BalloonStatus{}));
  return response.status;
}

CallResult<BalloonStats> Client::balloon_stats() {
  auto response = TRY(ask(request::BalloonStats{}));
  return response.stats;
}

CallResult<VmStatus> Client::status() {
  auto response = TRY(ask(request::Status{}));
  return response.status;
}

CallResult<> Client::pause() {
  return ask(request::Pause{});
}

CallResult<> Client::resume() {
  return ask(request::Resume{});
}

CallResult<> Client::press_power_button() {
  return ask(request::PowerButton{});
}

CallResult<Subscription> Client::subscribe(uint32_t events) {
  auto subscribed = TRY(ask(request::Subscribe{events}));
  auto socket = inspect_socket(subscribed.events.get());
  if (!socket || socket->type != SocketType::kSeqpacket) {
    return give_up(Kind::kProtocol, Error(EPROTO, "receive the socket of a subscription"));
  }
  return Subscription(subscribed.state, std::move(subscribed.events));
}

CallResult<Client> Client::open_session() {
  auto opened = TRY(ask(request::OpenSession{}));
  auto session = adopt(std::move(opened.session), deadline_);
  if (!session) return give_up(Kind::kProtocol, session.error());
  return std::move(*session);
}

template <class Each>
auto Client::ask(Each request) -> CallResult<Answer<Each>> {
  Response response = TRY(call(std::move(request)));
  auto expected = expect<typename Each::Response>(std::move(response), Each::kRights);
  if constexpr (std::is_void_v<Answer<Each>>) {
    TRY(std::move(expected));
    return {};
  } else {
    return expected;
  }
}

// `response` as an `Expected`, the response to the request if all went well. A session needs one of
// the rights `needed` for that.
template <class Expected>
CallResult<Expected> Client::expect(Response response, Rights needed) {
  if (auto* expected = std::get_if<Expected>(&response)) return std::move(*expected);
  if (auto* err = std::get_if<response::Err>(&response)) {
    Error error(err->code, "carry out a request");
    return tl::unexpected(CallError{Kind::kRefused, std::move(error), needed});
  }
  return give_up(Kind::kProtocol, Error(EPROTO, "receive the response to another request"));
}

}  // namespace vm_control
