// SPDX-License-Identifier: BSD-3-Clause
// vmctl: starts VMs and controls them.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "vmctl/cli/command.h"
#include "vmctl/cli/report.h"

namespace vm_control::vmctl {
namespace {

constexpr const char* kDescription =
    "Starts KVM virtual machines and controls them.\n"
    "VM is the name of a machine ('vmctl list' shows them) or the path of its socket.";

constexpr const char* kFooter =
    "Exit status: 0 done, 1 the VM refused, 2 usage, 3 cannot connect, 4 timed out.\n"
    "\n"
    "  vmctl run --name demo            start a VM with the built-in guest\n"
    "  vmctl memory register demo --memfd 1M\n"
    "  vmctl memory list demo --map\n"
    "  vmctl stop demo";

// Empty, or what is wrong with `text` as a number of seconds.
std::string is_a_timeout(const std::string& text) {
  double seconds = 0;
  bool ok = CLI::detail::lexical_cast(text, seconds) && seconds >= 0.001 && seconds <= 1e6;
  return ok ? "" : "a timeout is 0.001 to 1000000 seconds, not " + text;
}

// Without the footer that a subcommand inherits, and with its global options wherever they stand.
void finish(CLI::App& command) {
  command.footer("");
  command.fallthrough();
  for (CLI::App* each : command.get_subcommands({})) finish(*each);
}

int main_of_vmctl(int argc, char** argv) {
  Context context;
  CLI::App app(kDescription, "vmctl");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.get_formatter()->label("TEXT", "");
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->column_width(28);
  app.set_version_flag("--version", "vmctl " VM_CONTROL_VERSION);
  app.add_flag("--json", context.json, "Print one JSON object a line");
  app.add_option("--timeout", context.timeout_seconds, "How long to wait for a VM's answer (5)")
      ->type_name("SECONDS")
      ->check(is_a_timeout);
  add_run(app, context);
  add_list(app, context);
  add_status(app, context);
  add_events(app, context);
  add_memory(app, context);
  add_gpu(app, context);
  add_balloon(app, context);
  add_pause(app, context);
  add_resume(app, context);
  add_stop(app, context);
  for (CLI::App* command : app.get_subcommands({})) finish(*command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (app.remaining_size() == 0) return app.exit(error) == 0 ? kDone : kUsage;
    return fail_with(kUsage, "no such command: " + app.remaining().front() + " (see --help)");
  } catch (const CLI::ParseError& error) {
    // --help comes this way, too.
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return context.run();
}

}  // namespace
}  // namespace vm_control::vmctl

int main(int argc, char** argv) {
  try {
    return vm_control::vmctl::main_of_vmctl(argc, argv);
  } catch (const std::exception& error) {
    // Of the standard library, out of memory at the latest; nothing of ours throws.
    std::fprintf(stderr, "vmctl: %s\n", error.what());
    return vm_control::vmctl::kRefused;
  }
}
