// SPDX-License-Identifier: BSD-3-Clause
// Why a call failed, sorted by what a caller can do about it.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "vm_control/base/error.h"

namespace vm_control {

struct CallError {
  enum class Kind {
    kRefused,       // the VM answered, and changed nothing; the error's code is its errno
    kTimedOut,      // no answer within the deadline; what the VM did is unknown
    kDisconnected,  // the connection is lost; what the VM did is unknown
    kProtocol,      // the answer makes no sense; what the VM did is unknown
    kLocal,         // nothing was sent: the request can't be
  };

  Kind kind;
  Error error;

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
