// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/input_pump.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {
Result<std::unique_ptr<InputPump>> InputPump::create(EventLoop& loop, Console::Input input) {
  EventFd always_ready = TRY(EventFd::create());
  always_ready.signal();
  std::unique_ptr<InputPump> pump(new InputPump(loop, std::move(input), std::move(always_ready)));
  TRY(loop.watch(pump->input_.room.fd(), EPOLLIN, pump->room_));
  return pump;
}

InputPump::InputPump(EventLoop& loop, Console::Input input, EventFd always_ready)
    : loop_(loop), input_(std::move(input)), always_ready_(std::move(always_ready)) {}

InputPump::~InputPump() {
  stop();
  loop_.unwatch(input_.room.fd(), room_);
}

Result<void> InputPump::start(int fd, std::function<void()> on_end) {
  auto started = loop_.watch(fd, EPOLLIN, *this);
  watched_ = fd;
  if (!started && started.error().code() == EPERM) {
    // A regular file can't be polled, for it is always ready.
    watched_ = always_ready_.fd();
    started = loop_.watch(watched_, EPOLLIN, *this);
  }
  TRY(std::move(started));
  fd_ = fd;
  on_end_ = std::move(on_end);
  return {};
}

void InputPump::stop() {
  if (fd_ < 0) return;
  loop_.unwatch(watched_, *this);
  fd_ = -1;
  pending_ = {};
}

void InputPump::on_events(uint32_t) {
  ssize_t size = read(fd_, buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    stop();
    return on_end_();
  }
  pending_ = std::span(buffer_).first(static_cast<size_t>(size));
  offer();
}

void InputPump::offer() {
  pending_ = pending_.subspan(input_.send(pending_));
  loop_.modify(watched_, pending_.empty() ? uint32_t{EPOLLIN} : 0, *this);
}

void InputPump::Room::on_events(uint32_t) {
  pump.input_.room.take();
  if (!pump.pending_.empty()) pump.offer();
}

}  // namespace vm_control::vmm
