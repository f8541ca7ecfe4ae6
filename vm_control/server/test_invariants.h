// SPDX-License-Identifier: BSD-3-Clause
// The invariants of a server, checked against the fake machine under it. For tests.
#pragma once

#include <cstddef>
#include <string>

#include "vm_control/server/test_server.h"

namespace vm_control {

// The first invariant that is broken; empty if all hold. They must hold between any two requests:
//   - regions lie in the window and don't overlap; each that is not quarantined is the fake
//     machine's memory at the same place, and the machine has no other;
//   - the machine has the events that are registered, and no other;
//   - each owner is a session that lives, or the VM;
//   - accounts have been charged for everything that exists, and for nothing else.
std::string broken_invariant(const TestServer& test);

// How many descriptors the server keeps for its sessions, subscribers, regions and events.
size_t kept_fds(const TestServer& test);

}  // namespace vm_control
