// SPDX-License-Identifier: BSD-3-Clause
// Which pages the balloon has: the uppermost ones of the RAM below 3 GiB. The monitor gives more
// from the top of RAM downward, and takes them back in the opposite order.
//
// Pure bookkeeping. Pages have 4 KiB.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

// Neighbouring pages to give or to take back at once.
struct BalloonChunk {
  static constexpr uint32_t kMaxPages = 256;

  bool give = false;
  uint32_t first_page = 0;
  // 0 means that there is nothing to do.
  uint32_t pages = 0;
};

class BalloonPages {
 public:
  static constexpr uint32_t kPageSize = 4096;
  // The monitor keeps this much RAM from address 0, in bytes: itself, and room to try things out.
  static constexpr uint32_t kKept = 8u << 20;

  // ram_bytes  the RAM from address 0.
  explicit BalloonPages(uint32_t ram_bytes) : ram_pages_(ram_bytes / kPageSize) {}

  uint32_t ram_pages() const { return ram_pages_; }
  uint32_t given() const { return given_; }
  uint32_t most() const;

  // The next step from given() toward `wanted` pages, or as near as most() allows.
  BalloonChunk next(uint32_t wanted) const;

  // The device has taken or returned `chunk`, which is the last result of next().
  void finish(const BalloonChunk& chunk);

 private:
  uint32_t ram_pages_;
  uint32_t given_ = 0;
};

}  // namespace vm_control::guest
