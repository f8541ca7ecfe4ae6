// SPDX-License-Identifier: BSD-3-Clause
// How much one principal may take of what all share: at most as much as it leaves for others.
//
// The first may take half, the next a quarter, and so on: so one more always finds something,
// however many there are that take all they can. The smallest amount is granted as long as it is
// there.
#pragma once

#include <cstdint>

namespace vm_control {

// Whether a principal that holds `held` may take `more` of what is free.
//
// smallest  the amount that everybody may have.
constexpr bool is_fair_share(uint64_t held, uint64_t more, uint64_t free, uint64_t smallest) {
  return more <= free && (held + more <= free - more || held + more == smallest);
}

}  // namespace vm_control
