// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/log_queue.h"

#include <thread>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<std::shared_ptr<LogQueue>> LogQueue::create(Sink sink) {
  return std::shared_ptr<LogQueue>(new LogQueue(TRY(EventLoop::create()), std::move(sink)));
}

void LogQueue::write(std::string line, size_t capacity) {
  if (waiting_.fetch_add(1) >= capacity) {
    --waiting_;
    ++dropped_;
    return;
  }
  loop_.post([this, line = std::move(line)] { print(line); });
}

bool LogQueue::flush(std::chrono::milliseconds patience) const {
  constexpr std::chrono::milliseconds kPause(1);
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (waiting_ > 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

void LogQueue::print(const std::string& line) {
  if (uint64_t dropped = dropped_.exchange(0)) {
    sink_(std::to_string(dropped) + " lines were lost: the log was too slow");
  }
  sink_(line);
  --waiting_;
}

}  // namespace vm_control
