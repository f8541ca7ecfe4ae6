// SPDX-License-Identifier: BSD-3-Clause
// Waits for what another thread or process does. For tests.
#pragma once

#include <chrono>
#include <thread>

namespace vm_control {

// Waits until `done`, for `patience` at most. Returns whether it is.
template <class Condition>
bool comes_true(Condition done, std::chrono::seconds patience = std::chrono::seconds(30)) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace vm_control
