// SPDX-License-Identifier: BSD-3-Clause
// Requests for a fuzzer: most of them nearly right, so that they get far.
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/protocol/frame.h"
#include "vm_control/server/test_fuzz_input.h"

namespace vm_control {

// The request that `input` describes, which may mention one of `handles`.
RequestFrame compose_frame(FuzzInput& input, const std::vector<uint64_t>& handles);

}  // namespace vm_control
