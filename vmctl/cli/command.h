// SPDX-License-Identifier: BSD-3-Clause
// The subcommands. Each adds itself to the command line, and runs when it was the one that was
// given.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>

#include <CLI/CLI.hpp>

#include "vmctl/cli/exit_status.h"

namespace vm_control::vmctl {

// What every subcommand shares.
struct Context {
  bool json = false;
  double timeout_seconds = 5;
  // Set by the subcommand that was given; main() calls it.
  std::function<ExitStatus()> run;

  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<int64_t>(timeout_seconds * 1000));
  }
  // How long a VM may take until it is asked whether it is one that never answers a Hello.
  std::chrono::milliseconds hello_timeout() const {
    return std::min(timeout(), std::chrono::milliseconds(1000));
  }
};

void add_run(CLI::App& app, Context& context);
void add_stop(CLI::App& app, Context& context);
void add_pause(CLI::App& app, Context& context);
void add_resume(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_events(CLI::App& app, Context& context);
void add_balloon(CLI::App& app, Context& context);
void add_memory(CLI::App& app, Context& context);
void add_gpu(CLI::App& app, Context& context);
void add_list(CLI::App& app, Context& context);

}  // namespace vm_control::vmctl
