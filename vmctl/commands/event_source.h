// SPDX-License-Identifier: BSD-3-Clause
// A VM whose events 'vmctl events' prints.
#pragma once

#include <string>
#include <utility>

#include "vm_control/client/subscription.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/region_addresses.h"

namespace vm_control::vmctl {

class EventSource {
 public:
  // vm  another connection than that of `events`, for questions. It speaks the extended protocol.
  EventSource(const Context& context, std::string name, Client vm, Subscription events);

  // Prints the state of the VM before the first event.
  void print_state();

  // Prints the next event, if one has come. Returns how many events it printed.
  CallResult<uint64_t> print_next();

  const std::string& name() const { return name_; }
  // Readable when there may be an event.
  int fd() const { return events_.fd(); }
  bool has_exited() const { return has_exited_; }

 private:
  const Context& context_;
  std::string name_;
  RegionAddresses addresses_;
  Subscription events_;
  bool has_exited_;
};

}  // namespace vm_control::vmctl
