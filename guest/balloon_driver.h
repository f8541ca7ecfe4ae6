// SPDX-License-Identifier: BSD-3-Clause
// The driver of the virtio balloon (virtio 1.2, section 5.5).
//
// The driver never waits for the device. The monitor calls step() when an interrupt has woken it
// and nobody types; a step takes what the device has returned, and offers the next chunk of pages.
// So the balloon moves while the monitor sleeps, and typing stops it for no longer than a step.
#pragma once

#include <stdint.h>

#include "guest/balloon_pages.h"
#include "guest/text.h"
#include "guest/virtio.h"
#include "guest/virtqueue.h"

namespace vm_control::guest {

constexpr uint32_t kBalloonDeviceId = 5;
constexpr uint32_t kBalloonStatisticsFeature = 1u << 1;
// Registers: the number of pages that the device wants, and the number that it has.
constexpr uint32_t kBalloonWanted = virtio_register::kConfiguration;
constexpr uint32_t kBalloonGiven = virtio_register::kConfiguration + 4;

struct [[gnu::packed]] BalloonStatistic {
  static constexpr uint16_t kFree = 4;
  static constexpr uint16_t kTotal = 5;
  static constexpr uint16_t kAvailable = 6;
  static constexpr uint16_t kCaches = 7;

  uint16_t tag;
  uint64_t bytes;
};

// The device reads and writes these.
struct BalloonMemory {
  static constexpr uint32_t kInflate = 0;
  static constexpr uint32_t kDeflate = 1;
  static constexpr uint32_t kStatistics = 2;
  static constexpr uint32_t kQueues = 3;

  Virtqueue queues[kQueues];
  uint32_t page_numbers[BalloonChunk::kMaxPages];
  BalloonStatistic statistics[4];
};

class BalloonDriver {
 public:
  // The driver does nothing before start(). `registers` and `memory` outlive it.
  //
  // ram_bytes  the RAM from address 0.
  BalloonDriver(VirtioRegisters& registers, BalloonMemory& memory, uint32_t ram_bytes)
      : registers_(registers), memory_(memory), ram_bytes_(ram_bytes), pages_(ram_bytes) {}

  // Resets the device, and drives it with a balloon that is empty at first. If the device can't be
  // used, the driver says so in its state, and leaves it alone.
  void start();

  // Does what there is to do now, if anything. Each interrupt of the device asks for a step.
  void step();

  // Appends what the balloon is doing.
  void add_state(Line& line);

 private:
  bool bring_up();
  void fill_statistics();
  void offer_statistics();
  void take_chunk();
  void offer_chunk();
  void offer(uint32_t queue, const void* data, uint32_t length);

  VirtioRegisters& registers_;
  BalloonMemory& memory_;
  uint32_t ram_bytes_;
  BalloonPages pages_;
  // The device has it now, unless it has no pages.
  BalloonChunk chunk_;
  bool running_ = false;
  bool has_statistics_ = false;
};

}  // namespace vm_control::guest
