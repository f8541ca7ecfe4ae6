// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_channel.h"

#include <endian.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/balloon/balloon_progress.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

constexpr const char* kAdjustBalloon = "adjust the balloon";

// The errors by which the kernel says that nobody listens at the far end: it is closed, was shut
// down, or has connected to another socket (ECONNRESET once, then EPERM).
bool peer_is_gone(int code) {
  switch (code) {
    case ENOTCONN:
    case ECONNREFUSED:
    case EPIPE:
    case ECONNRESET:
    case EPERM:
      return true;
    default:
      return false;
  }
}

Result<void> send_delta(int socket, int32_t delta) {
  uint32_t datagram = htole32(static_cast<uint32_t>(delta));
  if (send(socket, &datagram, sizeof(datagram), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
  return peer_is_gone(errno) ? fail(ENOTCONN, kAdjustBalloon) : fail_errno(kAdjustBalloon);
}

}  // namespace

Result<void> BalloonChannel::adjust(int32_t num_pages) {
  BalloonTarget moved = target_;
  int32_t delta = moved.adjust(num_pages);
  if (delta == 0) return {};
  TRY(send_delta(socket_.get(), delta));
  target_ = moved;
  since_ = std::chrono::steady_clock::now();
  return {};
}

Result<void> BalloonChannel::set_target(uint64_t bytes) {
  BalloonTarget moved = target_;
  moved.set(bytes / kPageSize);
  auto delta = static_cast<int64_t>(moved.pages() - target_.pages());
  if (!std::in_range<int32_t>(delta)) return fail(EOVERFLOW, kAdjustBalloon);
  return adjust(static_cast<int32_t>(delta));
}

BalloonStatus BalloonChannel::status() const {
  return {.state = BalloonState::kUnknown,
          .target_bytes = target_.pages() * kPageSize,
          .age_ms = age_ms(since_, std::chrono::steady_clock::now())};
}

}  // namespace vm_control
