// SPDX-License-Identifier: BSD-3-Clause
// Whether to accept memory that its sender can shrink after it was registered.
#pragma once

namespace vm_control {

enum class SealPolicy {
  kPrefer,   // accept it and watch it
  kRequire,  // refuse it
};

}  // namespace vm_control
