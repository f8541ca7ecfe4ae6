// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/keyboard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "vm_control/base/pipe.h"
#include "vmctl/run/test_job.h"

namespace vm_control::vmctl {
namespace {

class KeyboardTest : public testing::Test {
 protected:
  // A guest that has room for so many keys at a time, and prints what is typed.
  void be_guest(size_t room) {
    EventLoop loop = *EventLoop::create();
    EventFd has_room = *EventFd::create();
    auto send = [&](std::span<const std::byte> keys) {
      size_t taken = std::min(keys.size(), room);
      if (write(typed_.writer.get(), keys.data(), taken) < 0) _exit(1);
      if (taken < keys.size()) has_room.signal();
      return taken;
    };
    auto keyboard = Keyboard::create(
        loop, TestJob::kTerminal,
        {.send = send, .room = *has_room.duplicate(), .quit = [&] { loop.stop(); }});
    if (!keyboard) _exit(2);
    loop.run();
  }

  std::string read_typed(size_t size) {
    std::string text(size, '\0');
    for (size_t done = 0; done < size;) {
      ssize_t count = read(typed_.reader.get(), text.data() + done, size - done);
      if (count <= 0) return text.substr(0, done);
      done += static_cast<size_t>(count);
    }
    return text;
  }

  Pipe typed_ = *Pipe::create();
  size_t room_ = 4096;
  TestJob job_{[this] { be_guest(room_); }};
};

TEST_F(KeyboardTest, TheGuestHasItWhileTheJobIsInTheForeground) {
  usleep(20'000);
  EXPECT_TRUE(job_.becomes_raw(false)) << "another job has the terminal";
  job_.bring_to_foreground();
  ASSERT_TRUE(job_.becomes_raw(true));
  job_.type("abc");
  EXPECT_EQ(read_typed(3), "abc");
  job_.type("\1x");
  EXPECT_EQ(job_.wait(), 0);
  EXPECT_TRUE(job_.becomes_raw(false));
}

TEST_F(KeyboardTest, IsRawAgainAfterTheJobWasStopped) {
  job_.bring_to_foreground();
  ASSERT_TRUE(job_.becomes_raw(true));
  for (int stop : {SIGSTOP, SIGTSTP}) {
    job_.signal(stop);
    ASSERT_TRUE(job_.becomes_stopped());
    EXPECT_TRUE(job_.becomes_raw(stop == SIGSTOP)) << "no process sees SIGSTOP coming";
    job_.send_to_background();
    job_.make_fresh();
    job_.bring_to_foreground();
    job_.signal(SIGCONT);
    ASSERT_TRUE(job_.becomes_raw(true)) << stop;
    job_.type("x");
    EXPECT_EQ(read_typed(1), "x");
  }
}

TEST_F(KeyboardTest, LeavesTheTerminalAloneInTheBackground) {
  job_.bring_to_foreground();
  ASSERT_TRUE(job_.becomes_raw(true));
  job_.signal(SIGSTOP);
  ASSERT_TRUE(job_.becomes_stopped());
  job_.send_to_background();
  job_.make_fresh();
  job_.signal(SIGCONT);
  job_.type("others\n");
  usleep(600'000);
  EXPECT_TRUE(job_.becomes_raw(false));
  job_.signal(SIGUSR1);
  EXPECT_EQ(job_.wait(), SIGUSR1) << "it does not stop, to put back a terminal that is not its own";
}

}  // namespace
}  // namespace vm_control::vmctl
