// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/event_text.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <ctime>
#include <variant>

#include "vm_control/base/printable.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"

namespace vm_control::vmctl {
namespace {

struct Name {
  const char* text;
  const char* json;
};

Name name_of(EventType type) {
  switch (type) {
    case EventType::kLost:
      return {"lost", "lost"};
    case EventType::kExited:
      return {"exited", "exited"};
    case EventType::kPaused:
      return {"paused", "paused"};
    case EventType::kResumed:
      return {"resumed", "resumed"};
    case EventType::kBalloonChanged:
      return {"balloon changed", "balloon_changed"};
    case EventType::kRegionAdded:
      return {"region added", "region_added"};
    case EventType::kRegionRemoved:
      return {"region removed", "region_removed"};
    case EventType::kRegionQuarantined:
      return {"region vanished", "region_quarantined"};
  }
  return {"unknown", "unknown"};
}

struct DetailText {
  std::optional<GuestAddress> address;

  std::string operator()(const LostEvents& lost) const {
    return fmt::format("{} events that this reader was too slow for", lost.count);
  }
  std::string operator()(const VmStatus& status) const {
    return "uptime " + format_uptime(std::chrono::nanoseconds(status.uptime_ns));
  }
  std::string operator()(const RegionInfo& region) const {
    std::string flags = format_flags(region);
    return fmt::format("{}  handle {}  {}  slot {}  {}{}{}",
                       address ? format_address(*address) : "-", format_handle(region.handle),
                       format_size(region.size), region.slot.value(), format_owner(region),
                       flags.empty() ? "" : "  ", flags);
  }
  std::string operator()(const BalloonStatus& balloon) const {
    return fmt::format("{}  actual {}", to_string(balloon.state),
                       format_size(balloon.actual_bytes));
  }
};

struct DetailJson {
  std::optional<GuestAddress> address;

  JsonObject operator()(const LostEvents& lost) const { return {{"count", lost.count}}; }
  JsonObject operator()(const VmStatus& status) const {
    return {{"state", to_string(status.state)}, {"ram_bytes", status.ram_bytes},
            {"regions", status.regions},        {"sessions", status.sessions},
            {"uptime_ns", status.uptime_ns},    {"pid", status.pid}};
  }
  JsonObject operator()(const RegionInfo& region) const {
    JsonObject json{{"guest_address", address ? JsonValue(address->value()) : JsonValue()}};
    json.add(region_json(region));
    return json;
  }
  JsonObject operator()(const BalloonStatus& balloon) const {
    return {{"state", to_string(balloon.state)},
            {"actual_bytes", balloon.actual_bytes},
            {"age_ms", balloon.age_ms}};
  }
};

// A time as strftime(3) writes it.
std::string format_time(const char* format, const tm& time) {
  std::array<char, 32> text{};
  return {text.data(), strftime(text.data(), text.size(), format, &time)};
}

// "2026-11-26 10:04:05", in the time zone of the user.
std::string local_time(WallTime time) {
  time_t seconds = std::chrono::system_clock::to_time_t(time);
  tm parts{};
  localtime_r(&seconds, &parts);
  return format_time("%F %T", parts);
}

// "2026-11-26T09:04:05.123Z"
std::string universal_time(WallTime time) {
  auto whole = std::chrono::floor<std::chrono::seconds>(time);
  auto rest = std::chrono::floor<std::chrono::milliseconds>(time - whole);
  time_t seconds = std::chrono::system_clock::to_time_t(whole);
  tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{}.{:03}Z", format_time("%FT%T", parts), rest.count());
}

}  // namespace

std::string format_event(const SeenEvent& seen) {
  const Event& event = seen.event;
  std::string line = fmt::format("{}  {}  {:>4}  {:<15}  {}", local_time(seen.time),
                                 printable(seen.vm), event.sequence, name_of(event.type).text,
                                 std::visit(DetailText{seen.address}, event.detail));
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

JsonObject event_json(const SeenEvent& seen) {
  const Event& event = seen.event;
  JsonObject json{{"vm", seen.vm},
                  {"time", universal_time(seen.time)},
                  {"type", name_of(event.type).json},
                  {"sequence", event.sequence}};
  json.add(std::visit(DetailJson{seen.address}, event.detail));
  return json;
}

std::string format_state(WallTime time, const std::string& vm, VmState state) {
  return fmt::format("{}  {} is {}", local_time(time), printable(vm), to_string(state));
}

JsonObject state_json(WallTime time, const std::string& vm, VmState state) {
  return {{"vm", vm},
          {"time", universal_time(time)},
          {"type", "state"},
          {"sequence", 0},
          {"state", to_string(state)}};
}

}  // namespace vm_control::vmctl
