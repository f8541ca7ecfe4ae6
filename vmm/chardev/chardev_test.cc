// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/chardev.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "vm_control/base/test_directory.h"
#include "vm_control/transport/socket.h"
#include "vmm/chardev/stream_chardev.h"

namespace vm_control::vmm {
namespace {

using std::chrono::milliseconds;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
  }
  UniqueFd reader;
  UniqueFd writer;
};

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() { signal(SIGPIPE, SIG_IGN); }

  Console::Input guest() {
    auto send = [this](std::span<const std::byte> bytes) {
      size_t taken = std::min(bytes.size(), room_);
      auto text = reinterpret_cast<const char*>(bytes.data());
      typed_.append(text, taken);
      room_ -= taken;
      return taken;
    };
    return {send, *has_room_.duplicate()};
  }

  bool run_until_typed(std::string_view text) {
    for (int turn = 0; turn < 200 && typed_ != text; ++turn) loop_.run_once(10);
    return typed_ == text;
  }

  TestDirectory temporary_;
  std::string directory_ = temporary_.path();
  EventLoop loop_ = *EventLoop::create();
  std::string typed_;
  size_t room_ = SIZE_MAX;
  EventFd has_room_ = *EventFd::create();
};

TEST_F(ConsoleTest, BytesGoBothWays) {
  Pipe in;
  Pipe out;
  auto console = *StreamConsole::create(std::move(in.reader), std::move(out.writer));
  ASSERT_TRUE(console->start(loop_, guest()));
  ASSERT_EQ(write(in.writer.get(), "abc", 3), 3);
  EXPECT_TRUE(run_until_typed("abc"));
  console->write(bytes_of("xyz"));
  char buffer[8];
  EXPECT_EQ(read(out.reader.get(), buffer, sizeof(buffer)), 3);
}

TEST_F(ConsoleTest, WhatTheGuestHasNoRoomForIsOfferedAgain) {
  Pipe in;
  auto console = *StreamConsole::create(std::move(in.reader), UniqueFd());
  ASSERT_TRUE(console->start(loop_, guest()));
  room_ = 2;
  ASSERT_EQ(write(in.writer.get(), "abcdef", 6), 6);
  EXPECT_TRUE(run_until_typed("ab"));
  loop_.run_once(20);
  EXPECT_EQ(typed_, "ab");
  room_ = SIZE_MAX;
  has_room_.signal();
  EXPECT_TRUE(run_until_typed("abcdef"));
}

TEST_F(ConsoleTest, ReadsARegularFileToItsEnd) {
  std::ofstream(directory_ + "/script") << std::string(1000, 'x');
  UniqueFd file(open((directory_ + "/script").c_str(), O_RDONLY | O_CLOEXEC));
  auto console = *StreamConsole::create(std::move(file), UniqueFd());
  ASSERT_TRUE(console->start(loop_, guest()));
  EXPECT_TRUE(run_until_typed(std::string(1000, 'x')));
  loop_.run_once(0);
  EXPECT_EQ(loop_.run_once(0), 0) << "the end is seen once";
}

TEST_F(ConsoleTest, AFileGetsWhatTheGuestWrote) {
  auto console = create_console("file:" + directory_ + "/log");
  ASSERT_TRUE(console);
  (*console)->write(bytes_of("hello\n"));
  std::ifstream log(directory_ + "/log");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(log), {}), "hello\n");
}

TEST_F(ConsoleTest, NoneTakesEverythingAndGivesNothing) {
  auto console = create_console("none");
  ASSERT_TRUE(console);
  ASSERT_TRUE((*console)->start(loop_, guest()));
  (*console)->write(bytes_of("hello"));
}

TEST_F(ConsoleTest, ASocketServesOneClientAfterTheOther) {
  std::string path = directory_ + "/console";
  auto console = create_console("unix:" + path);
  ASSERT_TRUE(console);
  ASSERT_TRUE((*console)->start(loop_, guest()));
  (*console)->write(bytes_of("nobody reads this"));
  for (std::string_view text : {"first", "second"}) {
    auto client = connect_socket(path, SocketType::kStream, milliseconds(1000));
    ASSERT_TRUE(client);
    typed_.clear();
    ASSERT_EQ(send(client->get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    ASSERT_TRUE(run_until_typed(text));
    (*console)->write(bytes_of("hi"));
    char buffer[8];
    EXPECT_EQ(recv(client->get(), buffer, sizeof(buffer), 0), 2);
    client->reset();
    loop_.run_once(100);
  }
}

TEST_F(ConsoleTest, CloseEndsAWriteThatNobodyReads) {
  Pipe out;
  auto console = *StreamConsole::create(UniqueFd(), std::move(out.writer));
  std::vector<std::byte> much(1 << 20);
  std::thread vcpu([&] { console->write(much); });
  std::this_thread::sleep_for(milliseconds(20));
  console->close();
  vcpu.join();
}

TEST_F(ConsoleTest, AReaderThatIsGoneLosesTheBytesOnly) {
  Pipe out;
  auto console = *StreamConsole::create(UniqueFd(), std::move(out.writer));
  out.reader.reset();
  console->write(bytes_of("nobody"));
}

TEST_F(ConsoleTest, RefusesWhatIsNoConsole) {
  EXPECT_EQ(create_console("tcp:1234").error().code(), EINVAL);
  EXPECT_EQ(create_console("").error().code(), EINVAL);
  EXPECT_EQ(create_console("file:/nonexistent/log").error().code(), ENOENT);
  EXPECT_EQ(create_console("unix:/nonexistent/console").error().code(), ENOENT);
}

}  // namespace
}  // namespace vm_control::vmm
