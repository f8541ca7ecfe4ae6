// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_progress.h"

#include <algorithm>

#include "vm_control/base/page.h"

namespace vm_control {

Result<void> BalloonProgress::adjust(int32_t num_pages, Clock::time_point now) {
  if (!is_driver_ready_) return fail(ENOTCONN, "adjust the balloon");
  if (target_.adjust(num_pages) != 0) begin(now);
  return {};
}

Result<void> BalloonProgress::set_target(uint64_t pages, Clock::time_point now) {
  if (!is_driver_ready_) return fail(ENOTCONN, "set the balloon's target");
  if (target_.set(pages)) begin(now);
  return {};
}

void BalloonProgress::set_driver_ready(bool is_ready, Clock::time_point now) {
  is_driver_ready_ = is_ready;
  actual_pages_ = 0;
  begin(now);
}

void BalloonProgress::set_actual(uint64_t pages, Clock::time_point now) {
  if (!is_driver_ready_) return;
  bool was_there = distance() == 0;
  actual_pages_ = std::min(pages, ram_pages_);
  if (distance() < nearest_ || (was_there && distance() > 0)) begin(now);
}

BalloonStatus BalloonProgress::status(Clock::time_point now) const {
  return {.state = state(now),
          .target_bytes = target_.pages() * kPageSize,
          .actual_bytes = actual_pages_ * kPageSize,
          .age_ms = age_ms(since_, now)};
}

std::optional<BalloonProgress::Clock::time_point> BalloonProgress::stuck_at(
    Clock::time_point now) const {
  if (state(now) != BalloonState::kAdjusting) return std::nullopt;
  return since_ + kPatience;
}

uint64_t BalloonProgress::distance() const {
  return std::max(target_.pages(), actual_pages_) - std::min(target_.pages(), actual_pages_);
}

BalloonState BalloonProgress::state(Clock::time_point now) const {
  if (!is_driver_ready_) return BalloonState::kNotReady;
  if (distance() == 0) return BalloonState::kIdle;
  return now - since_ < kPatience ? BalloonState::kAdjusting : BalloonState::kStuck;
}

// Progress counts from here.
void BalloonProgress::begin(Clock::time_point now) {
  nearest_ = distance();
  since_ = now;
}

uint32_t age_ms(std::chrono::steady_clock::time_point begin,
                std::chrono::steady_clock::time_point end) {
  auto age = std::chrono::duration_cast<std::chrono::milliseconds>(end - begin).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(age, 0, UINT32_MAX));
}

}  // namespace vm_control
