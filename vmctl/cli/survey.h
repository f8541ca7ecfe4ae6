// SPDX-License-Identifier: BSD-3-Clause
// Looks at many VMs at the same time, on this one thread, so that the deadlines of those that do
// not answer pass together.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vm_control/model/vm_status.h"

namespace vm_control::vmctl {

struct Surveyed {
  // "running", "paused"; "gone" where nobody serves the socket, "silent" where nobody answered in
  // time; otherwise the name of the errno for which there is no connection. A VM that answers is
  // "running", also if it tells no more.
  std::string state = "silent";
  std::optional<VmStatus> status;  // if the VM tells it
  // The process that serves it: as the kernel knows it, which needs no answer, or as it tells.
  std::optional<uint32_t> pid;
};

// Asks the VMs at `sockets` for their status, and returns what came of it in the same order.
//
// timeout  how long to wait for all answers; for a few hundred VMs each.
std::vector<Surveyed> survey(const std::vector<std::filesystem::path>& sockets,
                             std::chrono::milliseconds timeout);

}  // namespace vm_control::vmctl
