// SPDX-License-Identifier: BSD-3-Clause
// vmctl: starts VMs and controls them.
#include <csignal>
#include <cstdio>
#include <exception>

#include "vmctl/cli/command_line.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/standard_streams.h"
#include "vmctl/commands/commands.h"
#include "vmctl/run/run.h"

namespace vm_control::vmctl {
namespace {

constexpr const char* kDescription =
    "Starts KVM virtual machines and controls them.\n"
    "VM is the name of a machine ('vmctl list' shows them) or the path of its socket.";

constexpr const char* kFooter =
    "Exit status: 0 done, 1 the VM refused or the result can't be written, 2 usage, 3 cannot "
    "connect, 4 timed out; of vmctl run also: the guest 5 reset the machine, 6 panicked, 7 had a "
    "triple fault.\n"
    "\n"
    "  vmctl run --kernel vmlinuz --initrd initrd\n"
    "  vmctl run --name demo            start a VM with the built-in guest\n"
    "  vmctl memory register demo --memfd 1M\n"
    "  vmctl memory list demo --map\n"
    "  vmctl stop demo";

ExitStatus main_of_vmctl(int argc, char** argv) {
  Output output;
  Context context{.output = output};
  CommandLine command_line({.name = "vmctl",
                            .version = "vmctl " VM_CONTROL_VERSION,
                            .description = kDescription,
                            .footer = kFooter},
                           output);
  Command root = command_line.root();
  root.require_subcommand();
  root.add_flag("--json", context.json, "Print one JSON object a line");
  root.add_timeout("--timeout SECONDS", context.timeout, "How long to wait for a VM's answers (5)");
  add_run(root);
  add_list(root, context);
  add_status(root, context);
  add_events(root, context);
  add_memory(root, context);
  add_gpu(root, context);
  add_balloon(root, context);
  add_pause(root, context);
  add_resume(root, context);
  add_power_button(root, context);
  add_stop(root, context);
  return output.finish(command_line.run(argc, argv));
}

}  // namespace
}  // namespace vm_control::vmctl

int main(int argc, char** argv) {
  if (!vm_control::vmctl::open_standard_streams()) return vm_control::vmctl::kRefused;
  // Output that can't be written is an error to tell, and no reason to die before that is done. A VM
  // goes on when the reader of its console has gone.
  for (int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  try {
    return vm_control::vmctl::main_of_vmctl(argc, argv);
  } catch (const std::exception& error) {
    // Only the standard library and the libraries below throw, for example when memory is short.
    std::fprintf(stderr, "vmctl: %s\n", error.what());
    return vm_control::vmctl::kRefused;
  }
}
