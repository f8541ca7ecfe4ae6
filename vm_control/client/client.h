// SPDX-License-Identifier: BSD-3-Clause
// Asks a VM for things: one typed call for each classic request.
//
//   auto vm = Client::connect("/run/vm_control/vm.sock");
//   auto memory = vm->register_memory(fd, size);
//   if (!memory) return report(memory.error().message());
//
// Every call waits for its response, and at most for the deadline. After an error that is not
// kRefused or kLocal the connection is closed, for a late response would be taken for that of the
// next request; calls then fail with kDisconnected.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/client/call_error.h"
#include "vm_control/memory/slot.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"

namespace vm_control {

class Client {
 public:
  static constexpr std::chrono::milliseconds kDefaultDeadline{5000};

  // Connects to the server at `path`: as a session, or by datagrams if the server has none.
  // Errors: as connect_socket() says.
  static Result<Client> connect(const std::string& path,
                                std::chrono::milliseconds deadline = kDefaultDeadline);

  // Takes over a connected seqpacket or datagram socket.
  // Errors: as inspect_socket() says; ENOTCONN.
  static Result<Client> adopt(UniqueFd socket,
                              std::chrono::milliseconds deadline = kDefaultDeadline);

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

  // Sends any request and returns the response, an Err among them.
  CallResult<Response> call(const Request& request);

 private:
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  CallResult<Response> exchange(const EncodedRequest& request, bool takes_fd);
  template <class Expected>
  CallResult<Expected> call_for(const Request& request);
  tl::unexpected<CallError> give_up(CallError::Kind kind, Error error);

  UniqueFd socket_;
};

}  // namespace vm_control
