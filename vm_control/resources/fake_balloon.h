// SPDX-License-Identifier: BSD-3-Clause
// A Balloon without a device, whose state a test sets. For tests and fuzzers.
#pragma once

#include <algorithm>
#include <mutex>

#include "vm_control/base/page.h"
#include "vm_control/resources/balloon.h"

namespace vm_control {

struct FakeBalloon final : Balloon {
  static constexpr uint64_t kRamBytes = 128 << 20;

  Result<void> adjust(int32_t num_pages) override {
    std::lock_guard lock(mutex);
    return move_to(static_cast<int64_t>(now.target_bytes) + int64_t{num_pages} * kPage);
  }
  Result<void> set_target(uint64_t bytes) override {
    std::lock_guard lock(mutex);
    return move_to(static_cast<int64_t>(std::min(bytes, kRamBytes)));
  }
  BalloonStatus status() const override {
    std::lock_guard lock(mutex);
    return now;
  }
  Result<void> request_stats() override {
    std::lock_guard lock(mutex);
    if (!connected) return fail(ENOTCONN, "fake");
    if (!has_stats) return fail(ENOTSUP, "fake");
    ++stats_requests;
    return {};
  }
  uint64_t reports() const override {
    std::lock_guard lock(mutex);
    return report_count;
  }
  std::optional<BalloonStats> stats() const override {
    std::lock_guard lock(mutex);
    return last;
  }

  int64_t target_pages() const { return static_cast<int64_t>(status().target_bytes) / kPage; }

  void connect(bool is_connected) {
    std::lock_guard lock(mutex);
    connected = is_connected;
  }
  // The guest tells `stats`.
  void report(const BalloonStats& stats) {
    std::lock_guard lock(mutex);
    last = stats;
    ++report_count;
  }

  mutable std::mutex mutex;  // guards the rest while a server uses this

  bool connected = true;
  bool has_stats = true;
  BalloonStatus now{.state = BalloonState::kIdle};
  int stats_requests = 0;
  uint64_t report_count = 0;
  std::optional<BalloonStats> last;

 private:
  static constexpr int64_t kPage = kPageSize;

  Result<void> move_to(int64_t bytes) {
    if (!connected) return fail(ENOTCONN, "fake");
    auto target = std::clamp(bytes, int64_t{0}, static_cast<int64_t>(kRamBytes));
    now.target_bytes = static_cast<uint64_t>(target);
    return {};
  }
};

}  // namespace vm_control
