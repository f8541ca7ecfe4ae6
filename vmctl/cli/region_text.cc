// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/region_text.h"

#include <fmt/core.h>

#include <charconv>

namespace vm_control::vmctl {

std::string format_address(GuestAddress address) {
  return fmt::format("{:#x}", address.value());
}

std::string format_handle(Handle handle) {
  return fmt::format("{:#x}", handle.value());
}

Result<Handle> parse_handle(std::string_view text) {
  constexpr const char* kAction = "read as a handle (0x and hexadecimal digits)";
  std::string quoted = "'" + std::string(text) + "'";
  if (!text.starts_with("0x")) return fail(EINVAL, kAction, quoted);
  const char* end = text.data() + text.size();
  uint64_t value = 0;
  auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error == std::errc::result_out_of_range) return fail(ERANGE, kAction, quoted);
  if (error != std::errc() || stop != end) return fail(EINVAL, kAction, quoted);
  return Handle(value);
}

std::string format_owner(const RegionInfo& region) {
  if (region.flags & kRegionDetached) return "the VM";
  return fmt::format("pid {} (uid {})", region.owner_pid, region.owner_uid);
}

std::string format_flags(const RegionInfo& region) {
  std::string text;
  auto add = [&](RegionInfoFlag flag, const char* name) {
    if (!(region.flags & flag)) return;
    if (!text.empty()) text += ", ";
    text += name;
  };
  add(kRegionReadOnly, "read-only");
  add(kRegionLogDirty, "dirty log");
  add(kRegionQuarantined, "vanished");
  return text;
}

JsonObject region_json(const RegionInfo& region) {
  auto has = [&](RegionInfoFlag flag) { return (region.flags & flag) != 0; };
  return {{"size", region.size},
          {"handle", format_handle(region.handle)},
          {"slot", region.slot.value()},
          {"owner_pid", region.owner_pid},
          {"owner_uid", region.owner_uid},
          {"read_only", has(kRegionReadOnly)},
          {"detached", has(kRegionDetached)},
          {"log_dirty", has(kRegionLogDirty)},
          {"quarantined", has(kRegionQuarantined)}};
}

}  // namespace vm_control::vmctl
