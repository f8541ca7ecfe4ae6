// SPDX-License-Identifier: BSD-3-Clause
// The name of a region, an ioevent or an irqfd that a client registered. No handle is used twice; 0
// names nothing.
#pragma once

#include <cstdint>

#include "vm_control/model/strong_id.h"

namespace vm_control {

class Handle : public StrongId<Handle, uint64_t> {
 public:
  using StrongId::StrongId;
};

}  // namespace vm_control
