// SPDX-License-Identifier: BSD-3-Clause
// Every subcommand shares this: the options of vmctl itself, and standard output.
#pragma once

#include <algorithm>
#include <chrono>

#include "vmctl/cli/output.h"

namespace vm_control::vmctl {

struct Context {
  Output& output;
  bool json = false;
  // How long a VM may take for all its answers to a command.
  std::chrono::milliseconds timeout{5000};

  // How long to wait for the answer to a Hello, which crosvm's 2018 server never gives. There must
  // be time left for the requests that follow.
  std::chrono::milliseconds hello_timeout() const {
    return std::min(timeout / 4, std::chrono::milliseconds(1000));
  }
};

}  // namespace vm_control::vmctl
