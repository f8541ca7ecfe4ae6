// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/balloon_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "vmctl/cli/quantity.h"
#include "vmctl/cli/table.h"

namespace vm_control::vmctl {
namespace {

std::string size_or_dash(std::optional<uint64_t> bytes) {
  return bytes ? format_rough_size(*bytes) : "-";
}

JsonValue number_or_null(std::optional<uint64_t> number) {
  return number ? JsonValue(*number) : JsonValue();
}

// "0.2s" below a minute.
std::string format_age(uint32_t age_ms) {
  if (age_ms < 60'000) return fmt::format("{}.{}s", age_ms / 1000, age_ms % 1000 / 100);
  return format_uptime(std::chrono::milliseconds(age_ms));
}

std::string state_of(const BalloonStatus& status) {
  std::string state = to_string(status.state);
  bool is_on_its_way =
      status.state == BalloonState::kAdjusting || status.state == BalloonState::kStuck;
  return is_on_its_way ? state + ", no nearer for " + format_age(status.age_ms) : state;
}

void add_stats(Table& table, const BalloonStats& stats) {
  table.add({"guest available", size_or_dash(stats.available_bytes)});
  table.add({"guest free", size_or_dash(stats.free_bytes)});
  table.add({"guest disk caches", size_or_dash(stats.disk_caches_bytes)});
  table.add({"guest total", size_or_dash(stats.total_bytes)});
  table.add({"guest told this", format_age(stats.age_ms) + " ago"});
}

// 0 to 1. Other clients may have moved the target meanwhile, or the guest may go astray.
double share_done(const BalloonStatus& status, uint64_t start_bytes) {
  auto start = static_cast<double>(start_bytes);
  double way = static_cast<double>(status.target_bytes) - start;
  if (way == 0) return status.actual_bytes == status.target_bytes ? 1 : 0;
  return std::clamp((static_cast<double>(status.actual_bytes) - start) / way, 0.0, 1.0);
}

}  // namespace

std::string format_balloon(const BalloonReport& report) {
  bool is_absent = report.status.state == BalloonState::kAbsent;
  bool is_told = !is_absent && report.status.state != BalloonState::kUnknown;
  Table table;
  table.add({"state", state_of(report.status)});
  table.add({"target", is_absent ? "-" : format_rough_size(report.status.target_bytes)});
  table.add({"actual", is_told ? format_rough_size(report.status.actual_bytes) : "-"});
  table.add({"resident", size_or_dash(report.resident_bytes)});
  if (report.stats) add_stats(table, *report.stats);
  return table.to_string();
}

JsonObject balloon_json(const std::string& vm, const BalloonReport& report) {
  BalloonStats stats = report.stats.value_or(BalloonStats());
  return {{"vm", vm},
          {"state", to_string(report.status.state)},
          {"target_bytes", report.status.target_bytes},
          {"actual_bytes", report.status.actual_bytes},
          {"age_ms", report.status.age_ms},
          {"resident_bytes", number_or_null(report.resident_bytes)},
          {"available_bytes", number_or_null(stats.available_bytes)},
          {"free_bytes", number_or_null(stats.free_bytes)},
          {"disk_caches_bytes", number_or_null(stats.disk_caches_bytes)},
          {"total_bytes", number_or_null(stats.total_bytes)},
          {"stats_age_ms", report.stats ? JsonValue(stats.age_ms) : JsonValue()}};
}

std::string progress_bar(const BalloonStatus& status, uint64_t start_bytes) {
  constexpr size_t kWidth = 20;
  double share = share_done(status, start_bytes);
  auto filled = static_cast<size_t>(share * kWidth);
  return fmt::format("[{}{}] {:>3}%  {} of {}", std::string(filled, '#'),
                     std::string(kWidth - filled, '.'), static_cast<int>(share * 100),
                     format_rough_size(status.actual_bytes),
                     format_rough_size(status.target_bytes));
}

}  // namespace vm_control::vmctl
