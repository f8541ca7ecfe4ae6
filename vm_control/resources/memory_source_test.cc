// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/resources/test_fuse.h"
#include "vm_control/resources/test_mounts.h"

namespace vm_control {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint64_t kSize = 3 * kPageSize;
constexpr unsigned kHugePagesOf2MiB = 21u << 26;  // MFD_HUGE_2MB

class MemorySourceTest : public testing::Test {
 protected:
  Result<SizeGuarantee> check(MemorySource source, SealPolicy seal_policy = SealPolicy::kPrefer) {
    return check_memory_source(source, seal_policy, mounts_);
  }
  // The errno of a refusal; 0 if the source is accepted.
  int refusal(MemorySource source, SealPolicy seal_policy = SealPolicy::kPrefer) {
    auto result = check(source, seal_policy);
    return result ? 0 : result.error().code();
  }
  // The same for the first page of `fd`.
  int refusal(int fd) { return refusal({.fd = fd, .size = kPageSize}); }
  int refusal_for_reading(int fd) {
    return refusal({.fd = fd, .size = kPageSize, .flags = {.read_only = true}});
  }

  MountTable mounts_ = *MountTable::create();
};

// A file of kSize bytes that is gone with its last descriptor.
UniqueFd make_file(const std::string& directory) {
  UniqueFd file(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) {
    EXPECT_EQ(ftruncate(file.get(), kSize), 0);
  }
  return file;
}

UniqueFd reopen(int fd, int flags) {
  auto path = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(open(path.c_str(), flags | O_CLOEXEC));
}

int seals_of(int fd) {
  return fcntl(fd, F_GET_SEALS);
}

TEST_F(MemorySourceTest, TakesSharedMemoryUpToItsSize) {
  auto memory = SharedMemory::create("test", kSize);
  EXPECT_EQ(refusal({.fd = memory->fd(), .size = kPageSize}), 0);
  EXPECT_EQ(refusal({.fd = memory->fd(), .size = kSize}), 0);
  EXPECT_EQ(refusal({.fd = memory->fd(), .offset = kPageSize, .size = 2 * kPageSize}), 0);
}

TEST_F(MemorySourceTest, RefusesSizesThatAreNoneOrPastTheEnd) {
  auto memory = SharedMemory::create("test", kSize);
  auto refused = [&](uint64_t offset, uint64_t size) {
    return refusal({.fd = memory->fd(), .offset = offset, .size = size});
  };
  EXPECT_EQ(refused(0, 0), EINVAL);
  EXPECT_EQ(refused(0, 100), EINVAL);
  EXPECT_EQ(refused(0, kSize + kPageSize), EINVAL);
  EXPECT_EQ(refused(0, uint64_t{0} - kPageSize), EINVAL);
  EXPECT_EQ(refused(1, kPageSize), EINVAL);
  EXPECT_EQ(refused(kPageSize, kSize), EINVAL);
  EXPECT_EQ(refused(kSize, kPageSize), EINVAL);
  EXPECT_EQ(refused(uint64_t{0} - kPageSize, kPageSize), EINVAL);
}

TEST_F(MemorySourceTest, OnlyASealFixesTheSizeOfMemory) {
  UniqueFd memory = make_unsealed_memory(kSize);
  MemorySource source{.fd = memory.get(), .size = kSize};
  EXPECT_EQ(check(source), SizeGuarantee::kShrinkable);
  EXPECT_EQ(refusal(source, SealPolicy::kRequire), EPERM);
  EXPECT_EQ(seals_of(memory.get()), 0) << "to look changes nothing";
  EXPECT_TRUE(can_be_sealed(memory.get()));
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(check(source, SealPolicy::kRequire), SizeGuarantee::kFixed);
  EXPECT_FALSE(can_be_sealed(memory.get())) << "it is";
}

TEST_F(MemorySourceTest, TakesMemoryWhoseSealsCantBeChangedAsTheyAre) {
  for (int seals : {F_SEAL_SHRINK | F_SEAL_SEAL, F_SEAL_SEAL}) {
    UniqueFd memory = make_unsealed_memory(kSize);
    ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, seals), 0);
    bool fixed = seals & F_SEAL_SHRINK;
    MemorySource source{.fd = memory.get(), .size = kSize};
    EXPECT_FALSE(can_be_sealed(memory.get()));
    EXPECT_EQ(check(source), fixed ? SizeGuarantee::kFixed : SizeGuarantee::kShrinkable);
    EXPECT_EQ(refusal(source, SealPolicy::kRequire), fixed ? 0 : EPERM);
  }
}

TEST_F(MemorySourceTest, MemoryOpenForReadingOnlyIsForReadingOnly) {
  UniqueFd memory = make_unsealed_memory(kSize);
  UniqueFd read_only = reopen(memory.get(), O_RDONLY);
  MemorySource source{.fd = read_only.get(), .size = kSize};
  EXPECT_EQ(refusal(source), EACCES);
  source.flags.read_only = true;
  EXPECT_EQ(check(source), SizeGuarantee::kShrinkable);
  EXPECT_FALSE(can_be_sealed(read_only.get())) << "the kernel asks for a writable one";
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(check(source, SealPolicy::kRequire), SizeGuarantee::kFixed);
}

TEST_F(MemorySourceTest, NothingButMemoryCanBeSealed) {
  EXPECT_FALSE(can_be_sealed(-1));
  EXPECT_FALSE(can_be_sealed(EventFd::create()->fd()));
  EXPECT_FALSE(can_be_sealed(make_file("/tmp").get()));
  EXPECT_FALSE(can_be_sealed(make_file("/dev/shm").get())) << "tmpfs forbids it";
}

TEST_F(MemorySourceTest, WhatIsFixedHasTheSizeThatWasChecked) {
  for (int round = 0; round < 200; ++round) {
    UniqueFd memory = make_unsealed_memory(kSize);
    std::jthread shrinker([&] { static_cast<void>(ftruncate(memory.get(), 0)); });
    fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    auto size_guarantee = check({.fd = memory.get(), .size = kSize}, SealPolicy::kRequire);
    shrinker.join();
    struct stat status {};
    ASSERT_EQ(fstat(memory.get(), &status), 0);
    ASSERT_EQ(status.st_size, size_guarantee ? off_t{kSize} : off_t{0});
  }
}

TEST_F(MemorySourceTest, HugePagesAreTakenWholeOnly) {
  UniqueFd memory(
      memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | kHugePagesOf2MiB));
  if (!memory || ftruncate(memory.get(), 2 * kHugePageSize) < 0) {
    GTEST_SKIP() << "there are no huge pages of 2 MiB here";
  }
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(check({.fd = memory.get(), .size = kHugePageSize}), SizeGuarantee::kShrinkable);
  EXPECT_EQ(refusal({.fd = memory.get(), .offset = kHugePageSize, .size = kHugePageSize}), 0);
  EXPECT_EQ(refusal({.fd = memory.get(), .size = kPageSize}), EINVAL);
  EXPECT_EQ(refusal({.fd = memory.get(), .size = kHugePageSize + kPageSize}), EINVAL);
  EXPECT_EQ(refusal({.fd = memory.get(), .offset = kPageSize, .size = kHugePageSize}), EINVAL);
}

TEST_F(MemorySourceTest, TakesAFileOfALocalFileSystemThatMayShrink) {
  for (const char* directory : {"/tmp", "/dev/shm"}) {
    UniqueFd file = make_file(directory);
    if (!file) continue;
    EXPECT_EQ(check({.fd = file.get(), .size = kSize}), SizeGuarantee::kShrinkable) << directory;
    EXPECT_EQ(refusal({.fd = file.get(), .size = kSize + kPageSize}), EINVAL) << directory;
    EXPECT_EQ(refusal({.fd = file.get(), .size = kSize}, SealPolicy::kRequire), EPERM) << directory;
  }
}

TEST_F(MemorySourceTest, TakesAFileOnlyForWhatItIsOpenFor) {
  UniqueFd file = make_file("/tmp");
  UniqueFd read_only = reopen(file.get(), O_RDONLY);
  UniqueFd write_only = reopen(file.get(), O_WRONLY);
  UniqueFd path_only = reopen(file.get(), O_PATH);
  EXPECT_EQ(refusal(file.get()), 0);
  EXPECT_EQ(refusal_for_reading(file.get()), 0);
  EXPECT_EQ(refusal(read_only.get()), EACCES);
  EXPECT_EQ(refusal_for_reading(read_only.get()), 0);
  EXPECT_EQ(refusal(write_only.get()), EACCES);
  EXPECT_EQ(refusal_for_reading(write_only.get()), EACCES);
  EXPECT_EQ(refusal(path_only.get()), EBADF);
  EXPECT_EQ(refusal_for_reading(path_only.get()), EBADF);
}

TEST_F(MemorySourceTest, RefusesWhatIsNotOpen) {
  EXPECT_EQ(refusal(-1), EBADF);
  EXPECT_EQ(refusal(1'000'000), EBADF);
}

TEST_F(MemorySourceTest, RefusesSockets) {
  for (int type : {SOCK_SEQPACKET, SOCK_DGRAM, SOCK_STREAM}) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
    UniqueFd here(pair[0]);
    UniqueFd there(pair[1]);
    EXPECT_EQ(refusal(here.get()), ENODEV);
    EXPECT_EQ(refusal_for_reading(there.get()), ENODEV);
  }
}

TEST_F(MemorySourceTest, RefusesPipes) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  EXPECT_EQ(refusal(reader.get()), EACCES);
  EXPECT_EQ(refusal_for_reading(reader.get()), ENODEV);
  EXPECT_EQ(refusal(writer.get()), EACCES);
  TestDirectory directory;
  auto path = directory.path() + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(refusal(fifo.get()), ENODEV);
}

TEST_F(MemorySourceTest, RefusesWhatIsNoFileAtAll) {
  auto event = EventFd::create();
  EXPECT_EQ(refusal(event->fd()), ENODEV);
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  EXPECT_EQ(refusal(epoll.get()), ENODEV);
  UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  EXPECT_EQ(refusal(timer.get()), ENODEV);
  UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  if (process) {
    EXPECT_EQ(refusal(process.get()), ENODEV);
  }
  std::array<std::byte, 256> parameters{};
  UniqueFd ring(static_cast<int>(syscall(SYS_io_uring_setup, 4, parameters.data())));
  if (ring) {
    EXPECT_EQ(refusal(ring.get()), ENODEV);
  }
}

TEST_F(MemorySourceTest, RefusesDevicesAndDirectories) {
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/fuse", "/dev/kvm"}) {
    UniqueFd device(open(path, O_RDWR | O_CLOEXEC));
    if (device) {
      EXPECT_EQ(refusal(device.get()), ENODEV) << path;
    }
  }
  for (const char* path : {"/tmp", "/dev/shm", "/proc/self/fd"}) {
    UniqueFd directory(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(refusal(directory.get()), EACCES) << path;
    EXPECT_EQ(refusal_for_reading(directory.get()), ENODEV) << path;
  }
}

TEST_F(MemorySourceTest, RefusesFilesThatTheKernelMakesUp) {
  UniqueFd memory(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(refusal(memory.get()), ENODEV);
  for (const char* path : {"/proc/self/maps", "/proc/self/ns/mnt", "/sys/kernel/mm/ksm/run"}) {
    UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
    if (file) {
      EXPECT_EQ(refusal_for_reading(file.get()), ENODEV) << path;
    }
  }
}

// ---- other mount namespaces --------------------------------------------------------------------

// Where files may be that are no shared memory.
constexpr const char* kDiskDirectory = "/var/tmp";

bool is_shared_memory(int fd) {
  return seals_of(fd) >= 0;
}

TEST_F(MemorySourceTest, TakesAFileOfALocalFileSystemFromAnotherMountNamespace) {
  UniqueFd here = make_file(kDiskDirectory);
  if (!here || is_shared_memory(here.get()) || refusal(here.get())) {
    GTEST_SKIP() << "no local file system at " << kDiskDirectory;
  }
  UniqueFd file = open_elsewhere([] { return make_file(kDiskDirectory); });
  if (!file) GTEST_SKIP() << "no mount namespaces here";
  EXPECT_EQ(check({.fd = file.get(), .size = kSize}), SizeGuarantee::kShrinkable);
  EXPECT_EQ(refusal({.fd = file.get(), .size = kSize + kPageSize}), EINVAL);
}

// Whoever mounts an overlay decides what is below it, which may be a FUSE server of its own.
TEST_F(MemorySourceTest, RefusesAFileOfAnOverlayThatOnlyAnotherMountNamespaceHas) {
  TestDirectory directory;
  const std::string& path = directory.path();
  for (const char* each : {"/lower", "/upper", "/work"}) mkdir((path + each).c_str(), 0700);
  UniqueFd file = open_elsewhere([&path] {
    std::string options =
        "lowerdir=" + path + "/lower,upperdir=" + path + "/upper,workdir=" + path + "/work";
    if (mount("overlay", path.c_str(), "overlay", 0, options.c_str()) < 0) return UniqueFd();
    return make_file(path);
  });
  if (!file) GTEST_SKIP() << "no overlays in mount namespaces here";
  EXPECT_EQ(refusal(file.get()), ENODEV);
}

// ---- FUSE --------------------------------------------------------------------------------------

using MemorySourceFuseTest = WithTestFuse<MemorySourceTest>;

// The server never answers, so a check that asks it takes longer, without end.
constexpr std::chrono::seconds kPatience(2);

TEST_F(MemorySourceFuseTest, RefusesAFileOfFuseWithoutWaitingForItsServer) {
  auto start = Clock::now();
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(refusal(fuse_->fd()), ENODEV);
    EXPECT_EQ(refusal_for_reading(fuse_->fd()), ENODEV);
    EXPECT_EQ(refusal({.fd = fuse_->fd(), .size = kPageSize}, SealPolicy::kRequire), ENODEV);
  }
  EXPECT_LT(Clock::now() - start, kPatience);
}

// A write(2) holds the lock of the memory while it waits for its data, here without end.
TEST_F(MemorySourceFuseTest, DoesNotWaitForAWriteToMemoryThatIsSealedAlready) {
  auto memory = SharedMemory::create("test", kSize);
  ASSERT_EQ(fcntl(memory->fd(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  void* data = mmap(nullptr, kPageSize, PROT_READ, MAP_SHARED, fuse_->fd(), 0);
  ASSERT_NE(data, MAP_FAILED);
  std::jthread writer([&] { static_cast<void>(write(memory->fd(), data, kPageSize)); });
  std::this_thread::sleep_for(milliseconds(50));
  auto start = Clock::now();
  EXPECT_EQ(check({.fd = memory->fd(), .size = kSize}, SealPolicy::kRequire),
            SizeGuarantee::kFixed);
  EXPECT_LT(Clock::now() - start, kPatience);
  fuse_->stop();
  writer.join();
  munmap(data, kPageSize);
}

// That the tests above can fail: whoever asks this server waits.
TEST_F(MemorySourceFuseTest, WhoAsksTheServerWaitsUntilItIsGone) {
  std::atomic<bool> answered = false;
  std::jthread asker([&] {
    struct stat status {};
    static_cast<void>(fstat(fuse_->fd(), &status));
    answered = true;
  });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(answered);
  fuse_->stop();
  asker.join();
  EXPECT_TRUE(answered);
}

TEST_F(MemorySourceFuseTest, ToCloseADuplicateOfItTakesUntilTheServerIsGone) {
  std::atomic<bool> closed = false;
  std::jthread closer([&] {
    auto copy = UniqueFd::duplicate(fuse_->fd());
    copy->reset();
    closed = true;
  });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(closed);
  fuse_->stop();
  closer.join();
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace vm_control
