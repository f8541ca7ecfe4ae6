// SPDX-License-Identifier: BSD-3-Clause
// The terminal as the guest's keyboard, for as long as this job is in its foreground.
//
//   foreground    the terminal is raw, and keys go to the guest; Ctrl-A x ends the VM
//   background    the terminal is left alone; four times a second this looks for the foreground,
//                 since a shell tells a job that runs nothing when it brings it there
//   SIGTSTP       the terminal is put back before the process stops
//   SIGCONT       the shell has had the terminal meanwhile: this looks where the job is, and makes
//                 the terminal raw again
//
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vmctl/cli/signal_watch.h"
#include "vmctl/run/escape_keys.h"
#include "vmctl/run/terminal.h"

namespace vm_control::vmctl {

class Keyboard {
 public:
  // Where the keys go.
  struct Guest {
    // Offers keys; returns how many the guest had room for.
    Function<size_t(std::span<const std::byte>)> send;
    // Signalled when there is room again.
    EventFd room;
    // Called for Ctrl-A x.
    Function<void()> quit;
  };

  // Begins to look after `terminal`. It and `loop` outlive the keyboard.
  // Errors: those of EventLoop::watch(), SignalWatch::create() and RawTerminal::enter().
  static Result<std::unique_ptr<Keyboard>> create(EventLoop& loop, int terminal, Guest guest);

 private:
  Keyboard(EventLoop& loop, int terminal, Guest guest);

  Result<void> begin();
  void on_signal(int signal);
  void look_again();
  Result<void> look();
  Result<void> take_terminal();
  void read_keys();
  void send_waiting();

  EventLoop& loop_;
  int terminal_;
  Guest guest_;
  EscapeKeys keys_;
  std::vector<std::byte> waiting_;  // typed, and the guest had no room for it yet
  std::optional<RawTerminal> raw_;  // once the job has been in the foreground
  std::optional<SignalWatch> signals_;
  Watch room_;
  Watch readable_;  // in the foreground only
  Timer next_look_;
};

}  // namespace vm_control::vmctl
