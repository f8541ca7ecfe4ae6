// SPDX-License-Identifier: BSD-3-Clause
// Why a call failed, sorted by what a caller can do about it.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "vm_control/base/error.h"
#include "vm_control/model/rights.h"

namespace vm_control {

struct CallError {
  // Only after kRefused and kLocal it is known that the VM has changed nothing.
  enum class Kind {
    kRefused,       // the VM answered with an errno, which is the error's code
    kTimedOut,      // no answer came within the deadline
    kDisconnected,  // the connection is lost
    kProtocol,      // the answer makes no sense
    kLocal,         // nothing was sent, because the request can't be
  };

  Kind kind;
  Error error;
  // After kRefused: the rights of which a session needs one for the request, if it needs any. With
  // EPERM, the session may lack them; hello() tells which it has.
  Rights needed_rights = {};

  // "the VM refused: EINVAL (Invalid argument)"
  std::string message() const;
};

template <class T = void>
using CallResult = tl::expected<T, CallError>;

// return fail_call(CallError::Kind::kProtocol, Error(EPROTO, "receive a response"));
inline tl::unexpected<CallError> fail_call(CallError::Kind kind, Error error) {
  return tl::unexpected(CallError{kind, std::move(error)});
}

}  // namespace vm_control
