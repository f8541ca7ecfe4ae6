// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/keyboard.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

constexpr std::chrono::milliseconds kTimeBetweenLooks(250);
// More than anybody pastes; keys beyond it are dropped.
constexpr size_t kMostWaiting = 1 << 20;

}  // namespace

Result<std::unique_ptr<Keyboard>> Keyboard::create(EventLoop& loop, int terminal, Guest guest) {
  std::unique_ptr<Keyboard> keyboard(new Keyboard(loop, terminal, std::move(guest)));
  TRY(keyboard->begin());
  return keyboard;
}

Keyboard::Keyboard(EventLoop& loop, int terminal, Guest guest)
    : loop_(loop), terminal_(terminal), guest_(std::move(guest)) {}

Result<void> Keyboard::begin() {
  // A read in the background fails then, instead of stopping the VM.
  std::signal(SIGTTIN, SIG_IGN);
  constexpr std::array kSignals = {SIGCONT, SIGTSTP};
  signals_.emplace(
      TRY(SignalWatch::create(loop_, kSignals, [this](int signal) { on_signal(signal); })));
  room_ = TRY(loop_.watch(guest_.room.fd(), EPOLLIN, [this](uint32_t) {
    guest_.room.take();
    send_waiting();
  }));
  next_look_ = loop_.timer([this] { look_again(); });
  return look();
}

void Keyboard::on_signal(int signal) {
  if (signal == SIGTSTP) {
    if (raw_) raw_->leave();
    raise(SIGSTOP);
  }
  look_again();
}

void Keyboard::look_again() {
  if (!look()) next_look_.call_at(EventLoop::Clock::now() + kTimeBetweenLooks);
}

Result<void> Keyboard::look() {
  if (is_foreground_terminal(terminal_)) return take_terminal();
  readable_ = Watch();
  next_look_.call_at(EventLoop::Clock::now() + kTimeBetweenLooks);
  return {};
}

Result<void> Keyboard::take_terminal() {
  if (raw_) {
    raw_->enter_again();
  } else {
    raw_.emplace(TRY(RawTerminal::enter(terminal_)));
  }
  if (readable_) return {};
  readable_ = TRY(loop_.watch(terminal_, EPOLLIN, [this](uint32_t) { read_keys(); }));
  return {};
}

void Keyboard::read_keys() {
  std::array<std::byte, 4096> buffer;
  ssize_t size = read(terminal_, buffer.data(), buffer.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    // The job has lost the foreground, or the terminal has gone: it never has a foreground again.
    readable_ = Watch();
    return next_look_.call_at(EventLoop::Clock::now() + kTimeBetweenLooks);
  }
  auto typed = keys_.sort(std::span(buffer).first(static_cast<size_t>(size)));
  if (typed.quit) guest_.quit();
  size_t room = kMostWaiting - waiting_.size();
  auto end = typed.for_the_guest.begin() +
             static_cast<ptrdiff_t>(std::min(room, typed.for_the_guest.size()));
  waiting_.insert(waiting_.end(), typed.for_the_guest.begin(), end);
  send_waiting();
}

void Keyboard::send_waiting() {
  size_t sent = guest_.send(waiting_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(sent));
}

}  // namespace vm_control::vmctl
