// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/test_mounts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "vm_control/base/page.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

UniqueFd open_elsewhere(const std::function<UniqueFd()>& open) {
  auto pair = make_socket_pair(SocketType::kSeqpacket);
  pid_t child = fork();
  std::array<std::byte, 1> byte{};
  if (child == 0) {
    bool is_elsewhere = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    UniqueFd file;
    if (is_elsewhere && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) {
      file = open();
    }
    ignore(send_message(pair->second.get(), byte, file.get(), 0), "then the test sees no file");
    _exit(0);
  }
  pair->second.reset();
  auto message = receive_message(pair->first.get(), byte, 0);
  waitpid(child, nullptr, 0);
  return message ? std::move(message->fd) : UniqueFd();
}

std::optional<TestDisk> TestDisk::create() {
  UniqueFd directory = open_elsewhere([] {
    std::string size = "mode=1777,size=" + std::to_string(kPages * kPageSize);
    if (mount("test", "/tmp", "tmpfs", 0, size.c_str()) < 0) return UniqueFd();
    return UniqueFd(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  });
  if (!directory) return std::nullopt;
  return TestDisk(std::move(directory));
}

UniqueFd TestDisk::make_file(uint64_t size) const {
  UniqueFd file(openat(directory_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  EXPECT_TRUE(file);
  EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(size)), 0);
  return file;
}

void TestDisk::fill() {
  filler_ = make_file(0);
  constexpr std::array<char, kPageSize> kPage{};
  while (write(filler_.get(), kPage.data(), kPage.size()) > 0) {
  }
}

}  // namespace vm_control
