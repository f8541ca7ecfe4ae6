// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/memory_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

int refusal(int fd, uint64_t offset, uint64_t size) {
  auto result = check_memory_source(fd, offset, size);
  return result ? 0 : result.error().code();
}

TEST(MemorySource, TakesSharedMemoryUpToItsSize) {
  auto memory = SharedMemory::create("test", 3 * 4096);
  EXPECT_EQ(refusal(memory->fd(), 0, 4096), 0);
  EXPECT_EQ(refusal(memory->fd(), 0, 3 * 4096), 0);
  EXPECT_EQ(refusal(memory->fd(), 4096, 2 * 4096), 0);
}

TEST(MemorySource, RefusesSizesThatAreNoneOrPastTheEnd) {
  auto memory = SharedMemory::create("test", 3 * 4096);
  EXPECT_EQ(refusal(memory->fd(), 0, 0), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), 0, 100), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), 0, 4 * 4096), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), 0, uint64_t{0} - 4096), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), 1, 4096), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), 4096, 3 * 4096), EINVAL);
  EXPECT_EQ(refusal(memory->fd(), uint64_t{0} - 4096, 4096), EINVAL);
}

TEST(MemorySource, TakesAFileThatIsOpenForReadingAndWritingOnly) {
  char name[] = "/tmp/vm_control_test.XXXXXX";
  UniqueFd file(mkstemp(name));
  ASSERT_EQ(ftruncate(file.get(), 4096), 0);
  UniqueFd read_only(open(name, O_RDONLY | O_CLOEXEC));
  UniqueFd write_only(open(name, O_WRONLY | O_CLOEXEC));
  UniqueFd path_only(open(name, O_PATH | O_CLOEXEC));
  unlink(name);
  EXPECT_EQ(refusal(file.get(), 0, 4096), 0);
  EXPECT_EQ(refusal(read_only.get(), 0, 4096), EACCES);
  EXPECT_EQ(refusal(write_only.get(), 0, 4096), EACCES);
  EXPECT_EQ(refusal(path_only.get(), 0, 4096), EBADF);
}

TEST(MemorySource, RefusesWhatIsNoMemory) {
  EXPECT_EQ(refusal(-1, 0, 4096), EBADF);
  UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(refusal(socket_fd.get(), 0, 4096), ENODEV);
  auto event = EventFd::create();
  EXPECT_EQ(refusal(event->fd(), 0, 4096), ENODEV);
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  EXPECT_EQ(refusal(epoll.get(), 0, 4096), ENODEV);
  UniqueFd zero(open("/dev/zero", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(refusal(zero.get(), 0, 4096), ENODEV);
  UniqueFd directory(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(refusal(directory.get(), 0, 4096), EACCES);
}

}  // namespace
}  // namespace vm_control
