// SPDX-License-Identifier: BSD-3-Clause
// vmctl balloon VM [SIZE]
#include "vmctl/commands/balloon.h"

#include <memory>

#include "vmctl/cli/report.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

ExitStatus run_balloon(const Context& context, const BalloonOptions& options) {
  if (!options.size.empty()) return change_balloon(context, options);
  if (options.in_pages || options.wait || options.force) {
    return fail_with(kUsage, "--pages, --wait and --force need a SIZE");
  }
  return show_balloon(context, options);
}

}  // namespace

void add_balloon(Command root, const Context& context) {
  Command command = root.add_subcommand(
      "balloon", "Show a guest's balloon, take memory from the guest, or give it back");
  auto options = std::make_shared<BalloonOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_optional_argument("SIZE", options->size,
                                "Take more (+64M, 1G), give back (-64M), or what to have taken in "
                                "all (=256M, =0)");
  command.add_flag("--pages", options->in_pages, "SIZE is a number of 4 KiB pages");
  command.add_flag("--wait", options->wait, "Wait until the guest has followed");
  command.add_flag("--force", options->force, "Also where it would starve the guest");
  command.on_run([options, &context] { return run_balloon(context, *options); });
}

}  // namespace vm_control::vmctl
