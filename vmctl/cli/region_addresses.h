// SPDX-License-Identifier: BSD-3-Clause
// Where the regions are that events tell of: an event has no room for the address on the wire, so
// the VM is asked for it, as long as it answers.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "vm_control/client/client.h"

namespace vm_control::vmctl {

class RegionAddresses {
 public:
  // patience  how long one question may take. After one that took longer, no more are asked.
  RegionAddresses(Client vm, std::chrono::milliseconds patience)
      : vm_(std::move(vm)), patience_(patience) {}

  // Asks for all regions, so that those which are removed later are known.
  void refresh();

  // The address of the region that `event` tells of. Nothing if the region went before the VM was
  // asked, or if the event is of another kind.
  std::optional<GuestAddress> find(const Event& event);

 private:
  Client vm_;
  std::chrono::milliseconds patience_;
  std::map<Handle, GuestAddress> known_;
};

}  // namespace vm_control::vmctl
