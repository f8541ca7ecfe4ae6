// SPDX-License-Identifier: BSD-3-Clause
#include "guest/balloon_driver.h"

#include "guest/address_map.h"

namespace vm_control::guest {
namespace {

constexpr uint32_t kInflate = BalloonMemory::kInflate;
constexpr uint32_t kDeflate = BalloonMemory::kDeflate;
constexpr uint32_t kStatistics = BalloonMemory::kStatistics;

}  // namespace

void BalloonDriver::start() {
  pages_ = BalloonPages(ram_bytes_);
  chunk_ = {};
  running_ = bring_up();
  if (!running_) return add_virtio_status(registers_, virtio_status::kFailed);
  if (has_statistics_) offer_statistics();
  registers_.write(kBalloonGiven, 0);
  offer_chunk();
}

bool BalloonDriver::bring_up() {
  uint32_t features = 0;
  if (!negotiate_virtio(registers_, kBalloonStatisticsFeature, features)) return false;
  has_statistics_ = features & kBalloonStatisticsFeature;
  const uint32_t queues = has_statistics_ ? BalloonMemory::kQueues : kStatistics;
  for (uint32_t i = 0; i < queues; ++i) {
    if (!set_up_virtqueue(registers_, i, memory_.queues[i])) return false;
  }
  add_virtio_status(registers_, virtio_status::kDriverOk);
  return true;
}

// The interrupt is acknowledged before the driver looks at what it is about. What comes after that
// look raises another interrupt, and so another step.
void BalloonDriver::step() {
  if (!running_) return;
  const uint32_t causes = registers_.read(virtio_register::kInterruptStatus);
  if (causes == 0) return;
  registers_.write(virtio_register::kInterruptAcknowledge, causes);
  if (causes & kConfigurationInterrupt &&
      registers_.read(virtio_register::kStatus) & virtio_status::kNeedsReset)
    return start();
  if (has_statistics_ && !memory_.queues[kStatistics].is_busy()) offer_statistics();
  take_chunk();
  offer_chunk();
}

void BalloonDriver::take_chunk() {
  if (chunk_.pages == 0 || memory_.queues[chunk_.give ? kInflate : kDeflate].is_busy()) return;
  pages_.finish(chunk_);
  chunk_ = {};
  registers_.write(kBalloonGiven, pages_.given());
}

void BalloonDriver::offer_chunk() {
  if (chunk_.pages) return;
  chunk_ = pages_.next(registers_.read(kBalloonWanted));
  if (chunk_.pages == 0) return;
  for (uint32_t i = 0; i < chunk_.pages; ++i) memory_.page_numbers[i] = chunk_.first_page + i;
  offer(chunk_.give ? kInflate : kDeflate, memory_.page_numbers,
        chunk_.pages * static_cast<uint32_t>(sizeof(uint32_t)));
}

// The device keeps the buffer until it wants new statistics.
void BalloonDriver::offer_statistics() {
  fill_statistics();
  offer(kStatistics, memory_.statistics, sizeof(memory_.statistics));
}

void BalloonDriver::fill_statistics() {
  const uint32_t given_bytes = pages_.given() * BalloonPages::kPageSize;
  const uint32_t free_bytes = ram_bytes_ - given_bytes - GUEST_IMAGE_MEMORY;
  memory_.statistics[0] = {BalloonStatistic::kTotal, ram_bytes_};
  memory_.statistics[1] = {BalloonStatistic::kFree, free_bytes};
  memory_.statistics[2] = {BalloonStatistic::kAvailable, free_bytes};
  memory_.statistics[3] = {BalloonStatistic::kCaches, 0};
}

void BalloonDriver::offer(uint32_t queue, const void* data, uint32_t length) {
  memory_.queues[queue].offer(data, length);
  registers_.write(virtio_register::kQueueNotify, queue);
}

void BalloonDriver::add_state(Line& line) {
  if (!running_) {
    line.add("the device can't be used");
    return;
  }
  line.add_decimal(registers_.read(kBalloonWanted)).add(" of ");
  line.add_decimal(pages_.ram_pages()).add(" pages wanted, ");
  line.add_decimal(pages_.given()).add(" given");
}

}  // namespace vm_control::guest
