// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/call_error.h"

namespace vm_control {

std::string CallError::message() const {
  switch (kind) {
    case Kind::kRefused:
      return "the VM refused: " + describe_errno(error.code());
    case Kind::kTimedOut:
      return "the VM did not answer in time";
    case Kind::kDisconnected:
      return "the connection to the VM is lost: " + error.message();
    case Kind::kProtocol:
      return "the VM's answer makes no sense: " + error.message();
    case Kind::kLocal:
      return error.message();
  }
  return error.message();
}

}  // namespace vm_control
