// SPDX-License-Identifier: BSD-3-Clause
// What a client asks of a VM, and its 32 bytes on the wire.
//
// encode() and decode_request() are pure: they make no system call and do not allocate.
#pragma once

#include <span>
#include <variant>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/classic_request.h"
#include "vm_control/protocol/extended_request.h"
#include "vm_control/protocol/frame.h"

namespace vm_control {

using Request =
    std::variant<request::Exit, request::RegisterMemory, request::UnregisterMemory,
                 request::BalloonAdjust, request::AllocateAndRegisterGpuMemory, request::Hello,
                 request::MapMemory, request::UnmapMemory, request::NextRegion,
                 request::ReadDirtyLog, request::RegisterIoevent, request::RegisterIrqfd,
                 request::UnregisterEvent, request::Status, request::Pause, request::Resume,
                 request::Subscribe, request::OpenSession>;

struct EncodedRequest {
  RequestFrame bytes{};
  int fd = -1;  // borrowed from the request; -1 if it carries none
};

// The frame of `request`.
EncodedRequest encode(const Request& request);

// The descriptor that `request` carries; null if it is of a type that carries none.
MaybeOwnedFd* carried_fd(Request& request);

// The request in a received message. What can be wrong is looked at in the order of the errors.
//
// bytes   the whole message, as long as it was.
// fd      what came with it, if anything; taken if the request needs one, else left alone.
// Errors  EMSGSIZE    not kRequestSize bytes.
//         EOPNOTSUPP  the type is unknown.
//         EINVAL      of an extended request: a reserved byte, an unknown flag, or a field that its
//                     flags leave unused is not zero; or a value has no meaning: version 0 of
//                     Hello, the length of an ioevent, the events of Subscribe.
//         EBADF       the request needs a file descriptor, and there is none.
Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd& fd);

}  // namespace vm_control
