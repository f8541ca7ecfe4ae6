// SPDX-License-Identifier: BSD-3-Clause
// Tells how much of its host's memory a VM's guest really has: the kernel counts it for the VM's
// process.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vm_control/client/client.h"

namespace vm_control::vmctl {

// The bytes of RAM of the process that serves `vm`: its anonymous and its huge pages. Nothing if
// it can't be read, or if it is not certain which process that is.
//
// pid  as the VM tells it. It counts only if the kernel names the same process as the one that
//      serves the socket: else it could be anybody's.
std::optional<uint64_t> resident_memory(const Client& vm, uint32_t pid);

// The same in the text of a /proc/PID/status. Source: proc(5), RssAnon and HugetlbPages.
std::optional<uint64_t> find_resident_memory(std::string_view status);

}  // namespace vm_control::vmctl
