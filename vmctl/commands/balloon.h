// SPDX-License-Identifier: BSD-3-Clause
// The parts of 'vmctl balloon'.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/client/client.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/exit_status.h"
#include "vmctl/cli/quantity.h"

namespace vm_control::vmctl {

struct BalloonOptions {
  std::string vm;
  std::string size;  // "+64M"; empty: show the balloon
  bool in_pages = false;
  bool wait = false;
  bool force = false;
};

ExitStatus show_balloon(const Context& context, const BalloonOptions& options);
ExitStatus change_balloon(const Context& context, const BalloonOptions& options);

// Waits until the guest is at the balloon's target, or will not get there: until the state is any
// but kAdjusting. Draws how far it is if standard error is a terminal.
CallResult<BalloonStatus> wait_for_balloon(Client& vm);

// Why `change` would starve the guest; empty if it does not, or if the guest does not say.
CallResult<std::string> why_it_starves(Client& vm, const BalloonChange& change);

// The result of a call, or nothing if the VM refused it.
template <class Value>
CallResult<std::optional<Value>> unless_refused(CallResult<Value> result) {
  if (!result && result.error().kind == CallError::Kind::kRefused) return std::nullopt;
  return TRY(std::move(result));
}

}  // namespace vm_control::vmctl
