// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory dirty VM HANDLE
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
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

// Reads the bitmap, whose size the VM tells. Reads no more than `region` can have.
CallResult<std::vector<uint64_t>> read_words(const response::DirtyLog& log,
                                             const RegionInfo& region) {
  constexpr uint64_t kWordBits = 64;
  uint64_t pages = region.size / kPageSize;
  uint64_t most = pages / kWordBits + (pages % kWordBits > 0);
  std::vector<uint64_t> words(std::min(log.bitmap_bytes / sizeof(uint64_t), most));
  size_t size = words.size() * sizeof(uint64_t);
  if (pread(log.bitmap.get(), words.data(), size, 0) == static_cast<ssize_t>(size)) return words;
  return fail_call(CallError::Kind::kProtocol, Error(EPROTO, "read a dirty log to its end"));
}

std::string text_of(const std::vector<PageRange>& ranges) {
  if (ranges.empty()) return "no page was written since the last time";
  std::string text;
  for (const PageRange& range : ranges) {
    uint64_t pages = range.size / kPageSize;
    GuestAddress last(range.start.value() + (range.size - 1));
    if (!text.empty()) text += '\n';
    text += fmt::format("{} to {}  ({} {})", format_address(range.start), format_address(last),
                        pages, pages == 1 ? "page" : "pages");
  }
  return text;
}

std::vector<JsonObject> json_of(const std::vector<PageRange>& ranges) {
  std::vector<JsonObject> all;
  all.reserve(ranges.size());
  for (const PageRange& range : ranges) {
    all.push_back(JsonObject{{"guest_address", range.start.value()}, {"size", range.size}});
  }
  return all;
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
        auto words = TRY(read_words(log, region));
        auto ranges = page_ranges(words, region.address, region.size);
        print_result(
            context, text_of(ranges),
            {{"vm", options.vm}, {"handle", format_handle(*handle)}, {"written", json_of(ranges)}});
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
