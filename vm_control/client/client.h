// SPDX-License-Identifier: BSD-3-Clause
// The client of a VM: one typed call for each request.
//
//   auto vm = Client::connect("/run/vm_control/vm.sock");
//   auto memory = vm->map_memory(fd, size, {.flags = {.read_only = true}});
//   if (!memory) return report(memory.error().message());
//
// Every call waits for its response, but no longer than the deadline. The server is not trusted to
// keep to the protocol: a call that lists something ends within the deadline as a whole, and takes
// no more than kMaxRegions. Only a descriptor that it sends can hold up the caller, when it is
// closed: a peer can make that slow. After an error that is not
// kRefused or kLocal the connection is closed, because a late response would be taken for the
// response to the next request. Calls then fail with kDisconnected.
//
// The server can refuse any call by EPERM: the session lacks the right, see hello(). It can also
// refuse the connection as a whole, by EPERM (to this user), EDQUOT or EMFILE (there are too many).
// Then the first call fails with kRefused, and those after it with kDisconnected.
//
// A server that speaks only the classic protocol refuses the calls below "The extended protocol" by
// EOPNOTSUPP. The servers of 2018 never answer them, so start with hello().
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/client/call_error.h"
#include "vm_control/client/subscription.h"
#include "vm_control/model/balloon_status.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/ioevent.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/slot.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/event.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"

namespace vm_control {

// The options of map_memory(): the fields of request::MapMemory beside memory and size.
struct MapOptions {
  uint64_t offset = 0;             // bytes into the file, a multiple of 4096
  std::optional<GuestAddress> at;  // a multiple of 4096; if empty, the server chooses the address
  RegionFlags flags;               // read_dirty_log() needs log_dirty
  bool detached = false;           // it belongs to the VM and outlives this session
};

class Client {
 public:
  static constexpr std::chrono::milliseconds kDefaultDeadline{5000};
  static constexpr std::chrono::milliseconds kHelloDeadline{1000};
  // A list has no more; no server has as many memory slots.
  static constexpr size_t kMaxRegions = 65536;

  // Connects to the server at `path`: as a session, or by datagrams if the server has none.
  // Errors: as connect_socket() says.
  static Result<Client> connect(const std::string& path,
                                std::chrono::milliseconds deadline = kDefaultDeadline);

  // Takes over a connected seqpacket or datagram socket.
  // Errors: as inspect_socket() says; ENOTCONN.
  static Result<Client> adopt(UniqueFd socket,
                              std::chrono::milliseconds deadline = kDefaultDeadline);

  // Makes no call wait past `end` from now on, whatever its deadline; later calls fail with
  // kTimedOut.
  void finish_by(std::chrono::steady_clock::time_point end);

  // A descriptor that becomes readable when the VM closes the connection, or answers what send()
  // sent, for an event loop of the caller to watch between calls. -1 after the connection was lost.
  int fd() const { return socket_.get(); }

  // ---- The classic protocol -----------------------------------------------------------------

  // Asks the VM to stop.
  CallResult<> exit();

  // Waits until the VM closes the connection, as it does when it has stopped. If the server uses
  // datagrams, there is no connection to close, and this returns at once.
  CallResult<> wait_until_closed();

  // Maps the first `size` bytes of `fd` into the guest. The caller keeps `fd`.
  //
  // size        bytes, a multiple of 4096, at most the size of the file.
  // Refused by  EINVAL  size is 0, no multiple of 4096, or past the end of the file.
  //             EBADF, EACCES, ENODEV, EPERM  fd can't be mapped for reading and writing.
  //             ENOSPC  no slot, or no guest addresses, are free.
  CallResult<response::Memory> register_memory(int fd, uint64_t size);

  // Removes registered memory from the guest. Refused by ENOENT: nothing is registered as `slot`.
  CallResult<> unregister_memory(Slot slot);

  // Grows (positive) or shrinks the balloon by pages of 4 KiB. The target stops at 0 and at the
  // size of RAM. Refused by ENOTCONN: the guest has no balloon driver.
  CallResult<> adjust_balloon(int32_t num_pages);

  // Allocates a buffer that the guest can see.
  //
  // width, height  pixels. format  DRM fourcc, of drm_fourcc.h.
  // Refused by     EINVAL  the format is unknown, or the size is 0 or too large.
  //                ENODEV  the VM has no GPU allocator.
  //                ENOSPC  no slot, or no guest addresses, are free.
  CallResult<response::GpuMemory> allocate_gpu_memory(uint32_t width, uint32_t height,
                                                      uint32_t format);

  // ---- The extended protocol ----------------------------------------------------------------

  // Asks which server answers, and what this session may do. Call it before any other extended
  // call. kRefused with EOPNOTSUPP says that the server speaks only the classic protocol; the
  // client can still be used for that.
  //
  // A server of 2018 never answers a Hello. If there is no response within `deadline`, the client
  // sends a classic request that changes nothing, UnregisterMemory of a slot that no VM has, and
  // waits for the client's deadline. Responses come in order, so if the first is the one to the
  // classic request, the server is of 2018. Fails with kTimedOut if it answers neither.
  CallResult<response::Hello> hello(std::chrono::milliseconds deadline = kHelloDeadline);

  // Maps `size` bytes of `fd` into the guest. The caller keeps `fd`.
  //
  // size        bytes, a multiple of 4096; offset and size together at most the size of the file.
  // Refused by  EINVAL  size is 0; size, offset or address is not a multiple of 4096; or the range
  //                     is past the end of the file or of the address space.
  //             EBADF, EACCES, ENODEV, EPERM  fd can't be mapped for what was asked.
  //             EEXIST  `at` is not free.
  //             ENOSPC  no slot, or no guest addresses, are free.
  //             EDQUOT  this session has as many regions or bytes as it may.
  CallResult<response::MappedMemory> map_memory(int fd, uint64_t size,
                                                const MapOptions& options = {});

  // Removes mapped memory from the guest. Once this returns, no vCPU can reach it.
  // Refused by ENOENT: this session has mapped nothing as `handle`.
  CallResult<> unmap_memory(Handle handle);

  // The region with the lowest address after `after`, or the very first; nothing after the last.
  CallResult<std::optional<RegionInfo>> next_region(std::optional<GuestAddress> after = {});

  // All regions, by address. A region that is added or removed meanwhile may be missing or listed.
  // Fails with kProtocol if there are more than kMaxRegions.
  CallResult<std::vector<RegionInfo>> regions();

  // The parts of the guest's physical address space, by address: RAM, the 32-bit hole, and the
  // window of regions, as their flags say. Without kFeatureLayout, this is refused by EINVAL.
  CallResult<std::vector<RegionInfo>> layout();

  // The pages of a region that the guest has written since the last call, and makes them clean.
  // dirty_log.h reads the bitmap, which must not be mapped: the VM can make it smaller.
  // Refused by ENOENT: as unmap_memory(). EINVAL: it was mapped without log_dirty.
  CallResult<response::DirtyLog> read_dirty_log(Handle handle);

  // Signals `event`, an eventfd, whenever the guest writes as `ioevent` says, until the session
  // ends. The caller keeps `event`.
  // Refused by EACCES: the address is none of the doorbells that layout() tells. EBADF, EINVAL:
  //            `event` is not an eventfd. EEXIST: the write signals another eventfd, or the address
  //            is another user's. EINVAL: the length and the value don't go together. EDQUOT: this
  //            session has as many ioevents and irqfds as it may. ENOSPC: no more than that are
  //            left for others.
  // Source: KVM_IOEVENTFD in the KVM API document.
  CallResult<Handle> register_ioevent(int event, const Ioevent& ioevent);

  // The same at a free address of the doorbells, which the response tells; `ioevent` has none. For
  // the length 0 (any) it has room for eight bytes, or four at a port.
  // Refused as register_ioevent(); ENOSPC also where no address is free.
  CallResult<response::IoeventRegistered> register_ioevent_anywhere(int event,
                                                                    const Ioevent& ioevent);

  // Raises the guest's interrupt `gsi` whenever `event`, an eventfd, is signalled, until the
  // session ends. The caller keeps `event`.
  // Refused by EACCES: it is none of the interrupts that layout() tells. EINVAL: the machine has
  //            none of that number. EBADF, EINVAL: `event` is not an eventfd. EBUSY: it raises
  //            another interrupt. EEXIST: the interrupt is another user's. EDQUOT, ENOSPC: as
  //            register_ioevent().
  // Source: KVM_IRQFD in the KVM API document.
  CallResult<Handle> register_irqfd(int event, uint32_t gsi);

  // Ends an ioevent or an irqfd. Refused by ENOENT: as unmap_memory().
  CallResult<> unregister_event(Handle handle);

  // Sets the target of the balloon: the size that it is to reach, in bytes, a multiple of 4096. It
  // stops at the size of RAM. Refused as adjust_balloon().
  CallResult<> set_balloon(uint64_t target_bytes);

  // How far the guest has followed the target. Without a balloon, its state is kAbsent.
  CallResult<BalloonStatus> balloon_status();

  // Asks what the guest says of its memory. The VM asks the guest, and answers within a second or
  // so: with what the guest told last if it is slow.
  // Refused by ENOTCONN: as adjust_balloon(). EOPNOTSUPP: the guest's driver has no statistics.
  //            ENODATA: the guest has told nothing yet.
  CallResult<BalloonStats> balloon_stats();

  // The state of the VM.
  CallResult<VmStatus> status();

  // Stops the guest until resume(). When this returns, no vCPU runs guest code.
  CallResult<> pause();

  // Lets the guest run again.
  CallResult<> resume();

  // Presses the guest's power button. What comes of it is up to the guest: wait_until_closed()
  // waits until it has shut down. Refused by EOPNOTSUPP: the machine has no power button.
  CallResult<> press_power_button();

  // Subscribes to the events from now on.
  //
  // events      the event_bit() of each type that is wanted.
  // Refused by  EINVAL  it is 0, or has a bit that the server doesn't know.
  CallResult<Subscription> subscribe(uint32_t events = kAllEvents);

  // Another connection to the same VM, with the rights and the deadline of this one. It owns what
  // it registers.
  // Refused by EMFILE, EDQUOT: the server has as many sessions as it may.
  CallResult<Client> open_session();

  // ---- Both -----------------------------------------------------------------------------------

  // Sends any request and returns the response, even if that is an Err.
  CallResult<Response> call(const Request& request);

  // The same in two halves, for a caller that has something to do between them, for example with
  // other VMs: fd() becomes readable when there is a response. Each send() that succeeds has one,
  // in the same order; receive() waits for it.
  CallResult<> send(const Request& request);
  CallResult<Response> receive();

 private:
  Client(UniqueFd socket, std::chrono::milliseconds deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  using Clock = std::chrono::steady_clock;

  CallResult<> limit_wait();
  std::chrono::milliseconds time_left(std::chrono::milliseconds limit) const;
  CallResult<response::Hello> hello_or_classic();
  CallResult<std::optional<RegionInfo>> next(const request::NextRegion& request);
  CallResult<std::vector<RegionInfo>> list(bool layout);
  CallResult<std::vector<RegionInfo>> list_until_end(bool layout);
  // The result of a call: the response to its request, or nothing if that is an Ok.
  template <class Each>
  using Answer = std::conditional_t<std::is_same_v<typename Each::Response, response::Ok>, void,
                                    typename Each::Response>;
  template <class Each>
  auto ask(Each request) -> CallResult<Answer<Each>>;
  template <class Expected>
  CallResult<Expected> expect(Response response, Rights needed = {});
  tl::unexpected<CallError> lose(CallError error);
  tl::unexpected<CallError> give_up(CallError::Kind kind, Error error);

  UniqueFd socket_;
  std::chrono::milliseconds deadline_;
  Clock::time_point end_ = Clock::time_point::max();  // of all calls
};

}  // namespace vm_control
