// SPDX-License-Identifier: BSD-3-Clause
// vmctl balloon VM [+|-]SIZE
#include <fmt/core.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "vmctl/cli/quantity.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

struct BalloonOptions {
  std::string vm;
  std::string change;
  bool in_pages = false;
};

ExitStatus change_balloon(const Context& context, const BalloonOptions& options) {
  auto pages = parse_page_change(options.change, options.in_pages);
  if (!pages) return fail_with_usage(pages.error());
  auto ask = [&](Client& vm) -> CallResult<> {
    auto done = vm.adjust_balloon(*pages);
    if (!done) return done;
    print_result(context,
                 fmt::format("balloon target {} by {} pages", *pages < 0 ? "lowered" : "raised",
                             std::abs(*pages)),
                 {{"vm", options.vm}, {"pages", *pages}});
    return {};
  };
  return with_vm(
      context, options.vm, ask,
      {{ENOTCONN, "its guest has no balloon driver"}, {EAGAIN, "the guest is behind; try later"}});
}

}  // namespace

void add_balloon(Command root, const Context& context) {
  Command command =
      root.add_subcommand("balloon", "Take memory from a guest (+64M), or give it back (-64M)");
  auto options = std::make_shared<BalloonOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_argument("SIZE", options->change, "How much more or less: +64M, -64M, 1G");
  command.add_flag("--pages", options->in_pages, "SIZE is a number of 4 KiB pages");
  command.on_run([options, &context] { return change_balloon(context, *options); });
}

}  // namespace vm_control::vmctl
