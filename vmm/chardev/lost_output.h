// SPDX-License-Identifier: BSD-3-Clause
// Counts the bytes of a guest's output that could not be written: to a full disk, say.
// Threads: vCPUs add, one at a time; any thread looks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "vm_control/base/event_fd.h"

namespace vm_control::vmm {

class LostOutput {
 public:
  explicit LostOutput(EventFd began) : began_(std::move(began)) {}

  // Counts `bytes`, which `code`, an errno, kept from being written.
  void add(size_t bytes, int code) {
    bool is_first = bytes_.fetch_add(bytes) == 0;
    if (!is_first) return;
    first_code_ = code;
    began_.signal();
  }

  // Signalled once, by the first loss.
  EventFd& began() { return began_; }
  // The errno of the first loss, once began() is signalled.
  int first_code() const { return first_code_; }
  uint64_t bytes() const { return bytes_; }

 private:
  EventFd began_;
  std::atomic<int> first_code_{0};
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace vm_control::vmm
