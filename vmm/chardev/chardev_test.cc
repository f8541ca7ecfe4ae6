// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/chardev.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
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

class ChardevTest : public testing::Test {
 protected:
  ChardevTest() { signal(SIGPIPE, SIG_IGN); }

  Chardev::Input guest() {
    // A socket has a thread of its own.
    auto send = [this](std::span<const std::byte> bytes) {
      std::lock_guard lock(mutex_);
      size_t taken = std::min(bytes.size(), room_);
      auto text = reinterpret_cast<const char*>(bytes.data());
      typed_.append(text, taken);
      room_ -= taken;
      return taken;
    };
    return {send, *has_room_.duplicate()};
  }

  std::string typed() {
    std::lock_guard lock(mutex_);
    return typed_;
  }

  std::string read_log() const {
    std::ifstream log(directory_ + "/log");
    return {std::istreambuf_iterator<char>(log), {}};
  }

  bool run_until_typed(std::string_view text) {
    for (int turn = 0; turn < 200 && typed() != text; ++turn) loop_.run_once(10);
    return typed() == text;
  }

  TestDirectory temporary_;
  std::string directory_ = temporary_.path();
  EventLoop loop_ = *EventLoop::create();
  std::mutex mutex_;  // guards typed_
  std::string typed_;
  size_t room_ = SIZE_MAX;
  EventFd has_room_ = *EventFd::create();
};

TEST_F(ChardevTest, BytesGoBothWays) {
  Pipe in;
  Pipe out;
  auto chardev = *StreamChardev::create(std::move(in.reader), std::move(out.writer));
  ASSERT_TRUE(chardev->connect(loop_, guest()));
  ASSERT_EQ(write(in.writer.get(), "abc", 3), 3);
  EXPECT_TRUE(run_until_typed("abc"));
  chardev->write(bytes_of("xyz"));
  char buffer[8];
  EXPECT_EQ(read(out.reader.get(), buffer, sizeof(buffer)), 3);
}

TEST_F(ChardevTest, WhatTheGuestHasNoRoomForIsOfferedAgain) {
  Pipe in;
  auto chardev = *StreamChardev::create(std::move(in.reader), UniqueFd());
  ASSERT_TRUE(chardev->connect(loop_, guest()));
  room_ = 2;
  ASSERT_EQ(write(in.writer.get(), "abcdef", 6), 6);
  EXPECT_TRUE(run_until_typed("ab"));
  loop_.run_once(20);
  EXPECT_EQ(typed_, "ab");
  room_ = SIZE_MAX;
  has_room_.signal();
  EXPECT_TRUE(run_until_typed("abcdef"));
}

TEST_F(ChardevTest, AllOfAPipeReachesASlowGuestAfterItsWriterHasGone) {
  constexpr size_t kMuch = 10'000;
  std::string text;
  for (size_t i = 0; text.size() < kMuch; ++i) text += std::to_string(i) + ' ';
  Pipe in;
  ASSERT_EQ(write(in.writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  in.writer.reset();
  auto chardev = *StreamChardev::create(std::move(in.reader), UniqueFd());
  room_ = 0;
  ASSERT_TRUE(chardev->connect(loop_, guest()));
  loop_.run_once(10);
  EXPECT_EQ(loop_.run_once(0), 0) << "it waits for the guest";
  while (typed().size() < text.size()) {
    room_ = 100;
    has_room_.signal();
    ASSERT_GT(loop_.run_once(1000), 0) << typed().size();
  }
  EXPECT_EQ(typed(), text);
}

TEST_F(ChardevTest, ReadsARegularFileToItsEnd) {
  std::ofstream(directory_ + "/script") << std::string(1000, 'x');
  UniqueFd file(open((directory_ + "/script").c_str(), O_RDONLY | O_CLOEXEC));
  auto chardev = *StreamChardev::create(std::move(file), UniqueFd());
  ASSERT_TRUE(chardev->connect(loop_, guest()));
  EXPECT_TRUE(run_until_typed(std::string(1000, 'x')));
  loop_.run_once(0);
  EXPECT_EQ(loop_.run_once(0), 0) << "the end is seen once";
}

TEST_F(ChardevTest, AFileGetsWhatTheGuestWrote) {
  auto chardev = create_chardev("file:" + directory_ + "/log");
  ASSERT_TRUE(chardev);
  (*chardev)->write(bytes_of("hello\n"));
  EXPECT_EQ(read_log(), "hello\n");
}

TEST_F(ChardevTest, AFileIsAppendedTo) {
  std::ofstream(directory_ + "/log") << "before\n";
  (*create_chardev("file:" + directory_ + "/log"))->write(bytes_of("after\n"));
  EXPECT_EQ(read_log(), "before\nafter\n");
}

TEST_F(ChardevTest, AFileThatItMadeAndNobodyWroteToGoesUnlessItIsKept) {
  std::string path = directory_ + "/log";
  create_chardev("file:" + path).value().reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  (*create_chardev("file:" + path))->write(bytes_of("x"));
  EXPECT_EQ(read_log(), "x");
  std::filesystem::remove(path);
  (*create_chardev("file:" + path))->keep_file();
  EXPECT_TRUE(std::filesystem::exists(path));
  create_chardev("file:" + path).value().reset();
  EXPECT_TRUE(std::filesystem::exists(path)) << "an empty file that was there";
}

TEST_F(ChardevTest, AFifoWithoutAReaderIsRefusedAtOnceAndOneWithAReaderIsServed) {
  std::string path = directory_ + "/log";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(create_chardev("file:" + path).error().code(), ENXIO);
  EXPECT_TRUE(std::filesystem::exists(path));
  UniqueFd reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto chardev = create_chardev("file:" + path);
  ASSERT_TRUE(chardev);
  (*chardev)->write(bytes_of("hello"));
  char buffer[8];
  EXPECT_EQ(read(reader.get(), buffer, sizeof(buffer)), 5);
}

TEST_F(ChardevTest, WhatAFullDiskDoesNotTakeIsCountedAndToldOnce) {
  auto chardev = create_chardev("file:/dev/full");
  ASSERT_TRUE(chardev);
  LostOutput* lost = (*chardev)->lost_output();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->began().take(), 0u);
  (*chardev)->write(bytes_of("hello"));
  (*chardev)->write(bytes_of("world!"));
  EXPECT_EQ(lost->bytes(), 11u);
  EXPECT_EQ(lost->first_code(), ENOSPC);
  EXPECT_EQ(lost->began().take(), 1u);
}

TEST_F(ChardevTest, NoneTakesEverythingAndGivesNothing) {
  auto chardev = create_chardev("none");
  ASSERT_TRUE(chardev);
  ASSERT_TRUE((*chardev)->connect(loop_, guest()));
  (*chardev)->write(bytes_of("hello"));
}

TEST_F(ChardevTest, ASocketServesOneClientAfterTheOther) {
  std::string path = directory_ + "/console";
  auto chardev = create_chardev("unix:" + path);
  ASSERT_TRUE(chardev);
  ASSERT_TRUE((*chardev)->connect(loop_, guest()));
  (*chardev)->write(bytes_of("nobody reads this"));
  for (std::string_view text : {"first", "second"}) {
    auto client = connect_socket(path, SocketType::kStream, milliseconds(1000));
    ASSERT_TRUE(client);
    {
      std::lock_guard lock(mutex_);
      typed_.clear();
    }
    ASSERT_EQ(send(client->get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    ASSERT_TRUE(run_until_typed(text));
    (*chardev)->write(bytes_of("hi"));
    char buffer[8];
    EXPECT_EQ(recv(client->get(), buffer, sizeof(buffer), 0), 2);
    client->reset();
    loop_.run_once(100);
  }
}

TEST_F(ChardevTest, CloseEndsAWriteThatNobodyReads) {
  Pipe out;
  auto chardev = *StreamChardev::create(UniqueFd(), std::move(out.writer));
  std::vector<std::byte> much(1 << 20);
  std::thread vcpu([&] { chardev->write(much); });
  std::this_thread::sleep_for(milliseconds(20));
  chardev->close();
  vcpu.join();
  EXPECT_EQ(chardev->lost_output()->bytes(), 0u) << "the VM ends";
}

TEST_F(ChardevTest, AReaderThatIsGoneLosesTheBytesOnly) {
  Pipe out;
  auto chardev = *StreamChardev::create(UniqueFd(), std::move(out.writer));
  out.reader.reset();
  chardev->write(bytes_of("nobody"));
  EXPECT_EQ(chardev->lost_output()->bytes(), 6u);
}

TEST_F(ChardevTest, RefusesWhatNamesNoChardev) {
  EXPECT_EQ(create_chardev("tcp:1234").error().code(), EINVAL);
  EXPECT_EQ(create_chardev("").error().code(), EINVAL);
  EXPECT_EQ(create_chardev("file:/nonexistent/log").error().code(), ENOENT);
  EXPECT_EQ(create_chardev("unix:/nonexistent/console").error().code(), ENOENT);
}

}  // namespace
}  // namespace vm_control::vmm
