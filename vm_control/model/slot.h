// SPDX-License-Identifier: BSD-3-Clause
// The number of one of KVM's memory slots. The 2018 protocol names regions by it.
#pragma once

#include <cstdint>

#include "vm_control/model/strong_id.h"

namespace vm_control {

class Slot : public StrongId<Slot, uint32_t> {
 public:
  using StrongId::StrongId;
};

}  // namespace vm_control
