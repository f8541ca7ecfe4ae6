// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory dirty VM HANDLE
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/client/dirty_log.h"
#include "vmctl/cli/page_ranges.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct DirtyOptions {
  std::string vm;
  std::string handle;
};

CallResult<RegionInfo> find_region(Client& vm, Handle handle) {
  auto regions = TRY(vm.regions());
  auto found = std::ranges::find(regions, handle, &RegionInfo::handle);
  if (found != regions.end()) return *found;
  return fail_call(CallError::Kind::kRefused, Error(ENOENT, "find a region"));
}

// The pages that the guest wrote. Their ranges are printed as they are found, since there can be
// millions.
struct Written {
  RegionInfo region;
  std::vector<uint64_t> bitmap;

  void for_each(const std::function<void(const PageRange&)>& each) const {
    for_each_page_range(bitmap, region.address, region.size, each);
  }
};

void print_lines(const Context& context, const Written& written) {
  bool is_clean = true;
  written.for_each([&](const PageRange& range) {
    uint64_t pages = range.size / kPageSize;
    GuestAddress last(range.start.value() + (range.size - 1));
    print_text(context, fmt::format("{} to {}  ({} {})", format_address(range.start),
                                    format_address(last), pages, pages == 1 ? "page" : "pages"));
    is_clean = false;
  });
  if (is_clean) print_text(context, "no page was written since the last time");
}

// Prints {"vm":NAME,"handle":HANDLE,"written":[{"guest_address":ADDRESS,"size":BYTES},...]}
void print_json(Output& output, const std::string& vm, const Written& written) {
  JsonObject begin{{"vm", vm}, {"handle", format_handle(written.region.handle)}};
  std::string members = begin.text();
  members.pop_back();
  output.add(members + ",\"written\":[");
  const char* separator = "";
  written.for_each([&](const PageRange& range) {
    JsonObject json{{"guest_address", range.start.value()}, {"size", range.size}};
    output.add(std::exchange(separator, ",") + json.text());
  });
  output.add("]}\n");
}

ExitStatus show_dirty_pages(const Context& context, const DirtyOptions& options) {
  auto handle = parse_handle(options.handle);
  if (!handle) return fail_with_usage(handle.error());
  return with_extended_vm(
      context, options.vm, "memory dirty",
      [&](Client& vm) -> CallResult<> {
        // The region comes first, since reading the log clears it.
        RegionInfo region = TRY(find_region(vm, *handle));
        auto log = TRY(vm.read_dirty_log(*handle));
        Written written{region, TRY(read_bitmap(log, region.size / kPageSize))};
        if (context.json) {
          print_json(context.output, options.vm, written);
        } else {
          print_lines(context, written);
        }
        if (!context.output.flush())
          context.output.note("the log of " + options.handle + " is cleared all the same");
        return {};
      },
      {{ENOENT, kNoSuchRegion}, {EINVAL, "it was mapped without --log-dirty, or has vanished"}});
}

}  // namespace

void add_memory_dirty(Command memory, const Context& context) {
  Command command =
      memory.add_subcommand("dirty", "Show which pages the guest wrote since the last time");
  auto options = std::make_shared<DirtyOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_argument("HANDLE", options->handle, "Of memory that was mapped with --log-dirty");
  command.on_run([options, &context] { return show_dirty_pages(context, *options); });
}

}  // namespace vm_control::vmctl
