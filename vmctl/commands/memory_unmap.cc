// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory unmap VM HANDLE
#include <fmt/core.h>

#include <memory>
#include <string>

#include "vm_control/base/try.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct UnmapOptions {
  std::string vm;
  std::string handle;
};

ExitStatus unmap_memory(const Context& context, const UnmapOptions& options) {
  auto handle = parse_handle(options.handle);
  if (!handle) return fail_with_usage(handle.error());
  return with_extended_vm(
      context, options.vm, "memory unmap",
      [&](Client& vm) -> CallResult<> {
        TRY(vm.unmap_memory(*handle));
        std::string name = format_handle(*handle);
        print_done(context, name + " is unmapped", {{"vm", options.vm}, {"handle", name}});
        return {};
      },
      {{ENOENT, kNoSuchRegion}});
}

}  // namespace

void add_memory_unmap(Command memory, const Context& context) {
  Command command = memory.add_subcommand("unmap", "Take memory out of the guest, by its handle");
  auto options = std::make_shared<UnmapOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_argument("HANDLE", options->handle, "As 'memory list' prints it");
  command.on_run([options, &context] { return unmap_memory(context, *options); });
}

}  // namespace vm_control::vmctl
