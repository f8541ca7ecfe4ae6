// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/event_text.h"

#include <fmt/core.h>

#include <chrono>
#include <variant>

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
  std::string operator()(const LostEvents& lost) const {
    return fmt::format("{} events that this reader was too slow for", lost.count);
  }
  std::string operator()(const VmStatus& status) const {
    return "uptime " + format_uptime(std::chrono::nanoseconds(status.uptime_ns));
  }
  std::string operator()(const RegionInfo& region) const {
    std::string flags = format_flags(region);
    return fmt::format("handle {}  {}  slot {}  {}{}{}", format_handle(region.handle),
                       format_size(region.size), region.slot.value(), format_owner(region),
                       flags.empty() ? "" : "  ", flags);
  }
  std::string operator()(const BalloonStatus& balloon) const {
    return fmt::format("{}  actual {}", to_string(balloon.state),
                       format_size(balloon.actual_bytes));
  }
};

struct DetailJson {
  JsonObject operator()(const LostEvents& lost) const { return {{"count", lost.count}}; }
  JsonObject operator()(const VmStatus& status) const {
    return {{"state", to_string(status.state)}, {"ram_bytes", status.ram_bytes},
            {"regions", status.regions},        {"sessions", status.sessions},
            {"uptime_ns", status.uptime_ns},    {"pid", status.pid}};
  }
  JsonObject operator()(const RegionInfo& region) const { return region_json(region); }
  JsonObject operator()(const BalloonStatus& balloon) const {
    return {{"state", to_string(balloon.state)},
            {"actual_bytes", balloon.actual_bytes},
            {"age_ms", balloon.age_ms}};
  }
};

}  // namespace

std::string format_event(const Event& event) {
  std::string line = fmt::format("{:>4}  {:<15}  {}", event.sequence, name_of(event.type).text,
                                 std::visit(DetailText(), event.detail));
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

JsonObject event_json(const std::string& vm, const Event& event) {
  JsonObject json{{"vm", vm}, {"type", name_of(event.type).json}, {"sequence", event.sequence}};
  json.add(std::visit(DetailJson(), event.detail));
  return json;
}

}  // namespace vm_control::vmctl
