// SPDX-License-Identifier: BSD-3-Clause
// What a request is called, and the rights that allow it: the list of rights in the protocol,
// "Extended requests".
#pragma once

#include "vm_control/model/rights.h"
#include "vm_control/protocol/request.h"

namespace vm_control {

struct RequestRule {
  const char* name;
  Rights any_of;  // one of these is enough; none are needed if this is empty

  bool allows(Rights rights) const {
    return any_of == Rights() || (any_of.mask() & rights.mask()) != 0;
  }
};

RequestRule rule_of(const Request& request);

}  // namespace vm_control
