// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory list VM
#include <memory>
#include <string>
#include <vector>

#include "vm_control/base/try.h"
#include "vmctl/cli/layout_map.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/table.h"
#include "vmctl/cli/text_size.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct ListOptions {
  std::string vm;
  bool map = false;
};

using Infos = std::vector<RegionInfo>;

std::string table_of(const Infos& regions) {
  Table table;
  table.add({"ADDRESS", "SIZE", "HANDLE", "SLOT", "OWNER", "FLAGS"});
  for (const RegionInfo& each : regions) {
    std::string flags = format_flags(each);
    table.add({format_address(each.address), format_size(each.size), format_handle(each.handle),
               std::to_string(each.slot.value()), format_owner(each), flags.empty() ? "-" : flags});
  }
  return table.to_string();
}

JsonObject json_of(const std::string& vm, const RegionInfo& region) {
  JsonObject json{{"vm", vm}, {"kind", "region"}, {"guest_address", region.address.value()}};
  json.add(region_json(region));
  return json;
}

JsonObject json_of_layout(const std::string& vm, const RegionInfo& part) {
  JsonObject json{{"vm", vm}, {"kind", layout_kind(part)}};
  bool has_numbers = part.flags & (kLayoutDoorbellPorts | kLayoutInterrupts);
  json.add({{has_numbers ? "first" : "guest_address", part.address.value()},
            {has_numbers ? "count" : "size", part.size}});
  return json;
}

// Prints one object a line, those of the layout first.
void print_json(const Context& context, const std::string& vm, const Infos& layout,
                const Infos& regions) {
  for (const RegionInfo& each : layout) print_result(context, "", json_of_layout(vm, each));
  for (const RegionInfo& each : regions) print_result(context, "", json_of(vm, each));
}

ExitStatus list_memory(const Context& context, const ListOptions& options) {
  return with_extended_vm(context, options.vm, "memory list",
                          [&](Client& vm) -> CallResult<> {
                            Infos layout;
                            if (options.map) layout = TRY(vm.layout());
                            Infos regions = TRY(vm.regions());
                            if (context.json) {
                              print_json(context, options.vm, layout, regions);
                            } else if (options.map) {
                              print_text(context, draw_layout(layout, regions, text_size()));
                            } else {
                              print_text(context, regions.empty()
                                                      ? "no regions ('vmctl memory map' adds one)"
                                                      : table_of(regions));
                            }
                            return {};
                          },
                          {{EINVAL, "it does not tell its layout, so there is no --map"}});
}

}  // namespace

void add_memory_list(Command memory, const Context& context) {
  Command command = memory.add_subcommand("list", "Show the regions of memory and their owners");
  auto options = std::make_shared<ListOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_flag("--map", options->map, "Draw the guest's physical addresses");
  command.on_run([options, &context] { return list_memory(context, *options); });
}

}  // namespace vm_control::vmctl
