// SPDX-License-Identifier: BSD-3-Clause
// The bitmap that Client::read_dirty_log() brings.
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/client/call_error.h"
#include "vm_control/protocol/responses.h"

namespace vm_control {

// The largest region whose bitmap is read, in pages: a terabyte.
inline constexpr uint64_t kMaxLoggedPages = uint64_t{1} << 28;

// Copies the bits of `pages` pages, lowest first, from `log`.
//
// Nothing that the VM says of the bitmap is trusted, nor that it stays what it is: it is not
// mapped, and what is behind the last page is not read. If `pages` comes from the VM, it isn't
// either.
// Fails with kProtocol: `pages` is more than kMaxLoggedPages, the bitmap is no memory, or it is
// smaller than that.
CallResult<std::vector<uint64_t>> read_bitmap(const response::DirtyLog& log, uint64_t pages);

}  // namespace vm_control
