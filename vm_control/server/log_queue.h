// SPDX-License-Identifier: BSD-3-Clause
// Writes log lines on a thread of its own: where they go may take its time.
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control {

class LogQueue {
 public:
  using Sink = std::function<void(std::string_view line)>;

  // Whoever runs loop() calls `sink` with each line. Errors: as EventLoop::create() says.
  static Result<std::shared_ptr<LogQueue>> create(Sink sink);

  EventLoop& loop() { return loop_; }

  // Hands `line` to the loop. When kCapacity lines wait, it is counted instead of kept.
  void write(std::string line) { write(std::move(line), kCapacity); }

  // The same for a line that an operator must see. It has room where other lines have none.
  void write_important(std::string line) { write(std::move(line), 2 * kCapacity); }

  // Waits until the sink has had all lines. Returns false if it had not when `patience` was over.
  bool flush(std::chrono::milliseconds patience) const;

 private:
  static constexpr size_t kCapacity = 256;

  LogQueue(EventLoop loop, Sink sink) : loop_(std::move(loop)), sink_(std::move(sink)) {}

  void write(std::string line, size_t capacity);
  void print(const std::string& line);

  EventLoop loop_;
  Sink sink_;
  std::atomic<size_t> waiting_{0};  // the line that the sink has now included
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace vm_control
