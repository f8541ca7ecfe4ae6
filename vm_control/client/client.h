// SPDX-License-Identifier: BSD-3-Clause
// Asks a VM for things: one typed call for each request.
//
//   auto vm = Client::connect("/run/vm_control/vm.sock");
//   auto memory = vm->map_memory(fd, size, {.read_only = true});
//   if (!memory) return report(memory.error().message());
//
// Every call waits for its response, and at most for the deadline. After an error that is not
// kRefused or kLocal the connection is closed, for a late response would be taken for that of the
// next request; calls then fail with kDisconnected.
//
// Any call can be refused by EPERM: this session has no right to it, of those that Hello tells. A
// server can refuse the connection as a whole, by EPERM (this user may not), EDQUOT or EMFILE
// (there are too many): the first call says so, with kRefused, and those after it fail with
// kDisconnected. Calls below "The extended protocol" are refused by EOPNOTSUPP where a server
// speaks only the classic one; one of 2018 does not answer them at all, so start with hello().
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/client/call_error.h"
#include "vm_control/client/subscription.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/ioevent.h"
#include "vm_control/model/slot.h"
#include "vm_control/protocol/event.h"
#include "vm_control/model/region_info.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"
#include "vm_control/model/vm_status.h"

namespace vm_control {

// What map_memory() can be told beyond the memory: the fields of request::MapMemory.
struct MapOptions {
  uint64_t offset = 0;             // bytes into the file, a multiple of 4096
  std::optional<GuestAddress> at;  // where, a multiple of 4096; anywhere if it is not given
  bool read_only = false;          // guest writes don't reach the memory
  bool detached = false;           // it outlives this session: it is the VM's
  bool log_dirty = false;          // for read_dirty_log()
};

class Client {
 public:
  static constexpr std::chrono::milliseconds kDefaultDeadline{5000};
  static constexpr std::chrono::milliseconds kHelloDeadline{1000};

  // Connects to the server at `path`: as a session, or by datagrams if the server has none.
  // Errors: as connect_socket() says.
  static Result<Client> connect(const std::string& path,
                                std::chrono::milliseconds deadline = kDefaultDeadline);

  // Takes over a connected seqpacket or datagram socket.
  // Errors: as inspect_socket() says; ENOTCONN.
  static Result<Client> adopt(UniqueFd socket,
                              std::chrono::milliseconds deadline = kDefaultDeadline);

  // Readable when the VM closes the connection: for a loop of the caller's, between calls. -1 when
  // it is lost.
  int fd() const { return socket_.get(); }

  // ---- The classic protocol -----------------------------------------------------------------

  // Asks the VM to stop.
  CallResult<> exit();

  // Waits until the VM closes the connection, as it does when it has stopped. A server of datagrams
  // has no connection to close: then this returns at once.
  CallResult<> wait_until_closed();

  // Maps the first `size` bytes of `fd` into the guest; `fd` stays the caller's.
  //
  // size        bytes, a multiple of 4096, at most the size of the file.
  // Refused by  EINVAL  size is 0, no page multiple, or past the end of the file.
  //             EBADF, EACCES, ENODEV, EPERM  fd can't be mapped for reading and writing.
  //             ENOSPC  no slot, or no guest addresses, are free.
  CallResult<response::Memory> register_memory(int fd, uint64_t size);

  // Takes memory out of the guest. Refused by ENOENT: nothing is registered as `slot`.
  CallResult<> unregister_memory(Slot slot);

  // Grows (positive) or shrinks the balloon by pages of 4 KiB; the target saturates at 0 and at all
  // RAM. Refused by ENOTCONN: the guest has no balloon driver.
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

  // Asks who answers, and what this session may do. Call it before any other of the extended calls:
  // kRefused with EOPNOTSUPP says that the server speaks only the classic protocol, and the client
  // can be used for that.
  //
  // deadline  how long to wait before asking whether the server, which may be one of 2018 that
  //           drops what it doesn't know, is there at all. That is a classic request which changes
  //           nothing (UnregisterMemory of a slot that no VM has), and since responses come in
  //           order, its own tells that there will be none to the Hello. It has the client's
  //           deadline.
  // Fails with kTimedOut if the server answers neither.
  CallResult<response::Hello> hello(std::chrono::milliseconds deadline = kHelloDeadline);

  // Maps `size` bytes of `fd` into the guest; `fd` stays the caller's.
  //
  // size        bytes, a multiple of 4096; with the offset at most the size of the file.
  // Refused by  EINVAL  size is 0; size, offset or address are no page multiples, or past an end.
  //             EBADF, EACCES, ENODEV, EPERM  fd can't be mapped for what was asked.
  //             EEXIST  the address that was asked for is not free.
  //             ENOSPC  no slot, or no guest addresses, are free.
  //             EDQUOT  this session has all that it may have.
  CallResult<response::MappedMemory> map_memory(int fd, uint64_t size,
                                                const MapOptions& options = {});

  // Takes mapped memory out of the guest. Once this returns, no vCPU can reach it.
  // Refused by ENOENT: `handle` is not mapped, or it is another session's.
  CallResult<> unmap_memory(Handle handle);

  // The region with the lowest address after `after`, or the very first; nothing after the last.
  CallResult<std::optional<RegionInfo>> next_region(std::optional<GuestAddress> after = {});

  // All regions, by address. One that comes or goes meanwhile may be among them or not.
  CallResult<std::vector<RegionInfo>> regions();

  // What the guest's physical address space is made of, by address: RAM, the 32-bit hole, and the
  // window that regions go to, as the flags say. Only with kFeatureLayout, else refused by EINVAL.
  CallResult<std::vector<RegionInfo>> layout();

  // The pages of a region that the guest wrote since the last time; they are then clean.
  // Refused by ENOENT: as unmap_memory(). EINVAL: it was mapped without log_dirty.
  CallResult<response::DirtyLog> read_dirty_log(Handle handle);

  // Has the guest's writes that `ioevent` describes signal `event`, an eventfd, which stays the
  // caller's. It ends with the session.
  // Refused by EBADF, EINVAL: `event` is no eventfd. EEXIST: the guest's write signals another.
  //            EINVAL: the length and the value don't go together. EDQUOT: as map_memory().
  // Source: KVM_IOEVENTFD in the KVM API document.
  CallResult<Handle> register_ioevent(int event, const Ioevent& ioevent);

  // Raises the guest's interrupt `gsi` whenever `event`, an eventfd, is signalled; it stays the
  // caller's. It ends with the session.
  // Refused by EBADF, EINVAL: `event` is no eventfd, or there is no such interrupt. EBUSY: it
  //            raises one already. EDQUOT: as map_memory().
  // Source: KVM_IRQFD in the KVM API document.
  CallResult<Handle> register_irqfd(int event, uint32_t gsi);

  // Ends an ioevent or an irqfd. Refused by ENOENT: as unmap_memory().
  CallResult<> unregister_event(Handle handle);

  // How the VM is.
  CallResult<VmStatus> status();

  // Stops the guest until resume(). Once this returns, no vCPU runs guest code.
  CallResult<> pause();

  // Lets the guest go on.
  CallResult<> resume();

  // Has the VM tell what happens from now on.
  //
  // events      event_bit() of each type that is asked for.
  // Refused by  EINVAL  none is, or one that the server doesn't know.
  CallResult<Subscription> subscribe(uint32_t events = kAllEvents);

  // Another connection to the same VM, with the rights and the deadline of this one. What it
  // registers is its own.
  // Refused by EMFILE, EDQUOT: the server has as many as it may.
  CallResult<Client> open_session();

  // ---- Both -----------------------------------------------------------------------------------

  // Sends any request and returns the response, an Err among them.
  CallResult<Response> call(const Request& request);

 private:
  Client(UniqueFd socket, std::chrono::milliseconds deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  CallResult<> send(const Request& request);
  CallResult<Response> receive(bool takes_fd);
  CallResult<response::Hello> hello_or_classic();
  CallResult<std::optional<RegionInfo>> next(const request::NextRegion& request);
  CallResult<std::vector<RegionInfo>> list(bool layout);
  template <class Expected>
  CallResult<Expected> call_for(const Request& request);
  template <class Expected>
  CallResult<Expected> expect(Response response);
  tl::unexpected<CallError> lose(CallError error);
  tl::unexpected<CallError> give_up(CallError::Kind kind, Error error);

  UniqueFd socket_;
  std::chrono::milliseconds deadline_;
};

}  // namespace vm_control
