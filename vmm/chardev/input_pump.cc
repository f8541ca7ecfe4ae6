// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/input_pump.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<std::unique_ptr<InputPump>> InputPump::create(EventLoop& loop, int fd, Read read,
                                                     Chardev::Input& input,
                                                     Function<void()> on_end) {
  std::unique_ptr<InputPump> pump(new InputPump(fd, std::move(read), input, std::move(on_end)));
  TRY(pump->watch(loop));
  return pump;
}

InputPump::InputPump(int fd, Read read, Chardev::Input& input, Function<void()> on_end)
    : fd_(fd), read_(std::move(read)), input_(input), on_end_(std::move(on_end)) {}

Result<void> InputPump::watch(EventLoop& loop) {
  auto on_readable = [this](uint32_t) { read_some(); };
  auto readable = loop.watch(fd_, EPOLLIN, on_readable);
  if (!readable && readable.error().code() == EPERM) {
    // epoll refuses a regular file, which is always ready.
    always_ready_ = TRY(EventFd::create());
    always_ready_.signal();
    readable = loop.watch(always_ready_.fd(), EPOLLIN, on_readable);
  }
  readable_ = TRY(std::move(readable));
  room_ = TRY(loop.watch(input_.room.fd(), EPOLLIN, [this](uint32_t) { offer_rest(); }));
  return {};
}

void InputPump::read_some() {
  ssize_t size = read_(buffer_);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    readable_ = Watch();
    auto on_end = std::move(on_end_);
    return on_end();
  }
  pending_ = std::span(buffer_).first(static_cast<size_t>(size));
  offer();
}

void InputPump::offer() {
  pending_ = pending_.subspan(input_.send(pending_));
  readable_.set_events(pending_.empty() ? uint32_t{EPOLLIN} : 0);
}

void InputPump::offer_rest() {
  input_.room.take();
  if (!pending_.empty()) offer();
}

}  // namespace vm_control::vmm
