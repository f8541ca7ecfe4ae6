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
  std::unique_ptr<InputPump> pump(
      new InputPump(loop, fd, std::move(read), input, std::move(on_end)));
  TRY(pump->begin());
  return pump;
}

InputPump::InputPump(EventLoop& loop, int fd, Read read, Chardev::Input& input,
                     Function<void()> on_end)
    : loop_(loop), fd_(fd), read_(std::move(read)), input_(input), on_end_(std::move(on_end)) {}

Result<void> InputPump::begin() {
  auto watched = watch();
  if (!watched && watched.error().code() == EPERM) {
    // epoll refuses a regular file, which is always ready.
    always_ready_ = TRY(EventFd::create());
    always_ready_.signal();
    fd_ = always_ready_.fd();
    watched = watch();
  }
  TRY(std::move(watched));
  room_ = TRY(loop_.watch(input_.room.fd(), EPOLLIN, [this](uint32_t) { offer_rest(); }));
  return {};
}

Result<void> InputPump::watch() {
  readable_ = TRY(loop_.watch(fd_, EPOLLIN, [this](uint32_t) { read_some(); }));
  return {};
}

void InputPump::read_some() {
  ssize_t size = read_(buffer_);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return end();
  pending_ = std::span(buffer_).first(static_cast<size_t>(size));
  offer();
}

void InputPump::offer() {
  pending_ = pending_.subspan(input_.send(pending_));
  // While the guest takes nothing, there is no watch: it would report a writer that has gone,
  // whatever events it waits for, and in every turn.
  if (!pending_.empty()) {
    readable_ = Watch();
  } else if (!readable_ && !watch()) {
    end();
  }
}

void InputPump::offer_rest() {
  input_.room.take();
  if (!pending_.empty()) offer();
}

void InputPump::end() {
  readable_ = Watch();
  auto on_end = std::move(on_end_);
  on_end();
}

}  // namespace vm_control::vmm
