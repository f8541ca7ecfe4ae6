// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/mount_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

constexpr const char* kTable =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "2 1 254:0 / / rw shared:1 master:2 - ext4 /dev/vda rw,discard\n"
    "36 35 0:40 / /home/a\\040-\\040b rw - fuse.sshfs host:/ rw,user_id=0\n"
    "37 35 0:41 / /bad\n"
    "38 35 0:42 / /last rw - xfs /dev/vdb rw";

// A device that the table does not have.
constexpr const char* kNone = "0:0";

struct statx status_of(int fd) {
  struct statx status {};
  EXPECT_EQ(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status), 0);
  return status;
}

TEST(MountTable, FindsTheTypeByTheWholeNumber) {
  EXPECT_EQ(find_mount_type(kTable, 22, kNone), "proc");
  EXPECT_EQ(find_mount_type(kTable, 2, kNone), "ext4");
  EXPECT_EQ(find_mount_type(kTable, 36, kNone), "fuse.sshfs");
  EXPECT_EQ(find_mount_type(kTable, 38, kNone), "xfs");
  EXPECT_FALSE(find_mount_type(kTable, 3, kNone));
  EXPECT_FALSE(find_mount_type(kTable, 27, kNone));
  EXPECT_FALSE(find_mount_type("", 0, kNone));
}

TEST(MountTable, FindsTheTypeOfAMountOfAnotherNamespaceByTheDevice) {
  EXPECT_EQ(find_mount_type(kTable, 99, "254:0"), "ext4");
  EXPECT_EQ(find_mount_type(kTable, 99, "0:42"), "xfs");
  EXPECT_FALSE(find_mount_type(kTable, 99, "0:4"));
  EXPECT_FALSE(find_mount_type(kTable, 99, "254:00"));
  EXPECT_FALSE(find_mount_type(kTable, 99, ""));
}

TEST(MountTable, TheMountSaysMoreThanTheDevice) {
  EXPECT_EQ(find_mount_type(kTable, 36, "254:0"), "fuse.sshfs");
  EXPECT_FALSE(find_mount_type(kTable, 37, "254:0"));
}

TEST(MountTable, ALineWithoutATypeHasNone) {
  EXPECT_FALSE(find_mount_type(kTable, 37, kNone));
  EXPECT_FALSE(find_mount_type(kTable, 99, "0:41"));
}

TEST(MountTable, KnowsWhatIsMountedHereEachTimeItIsAsked) {
  auto table = MountTable::create();
  ASSERT_TRUE(table);
  UniqueFd proc(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table->type_of(status_of(proc.get())), "proc");
}

TEST(MountTable, KnowsADeviceWhateverItsMount) {
  auto table = MountTable::create();
  UniqueFd proc(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  struct statx status = status_of(proc.get());
  status.stx_mnt_id = UINT64_MAX;
  EXPECT_EQ(table->type_of(status), "proc");
}

TEST(MountTable, DoesNotKnowWhatIsMountedInsideTheKernelOnly) {
  auto table = MountTable::create();
  auto memory = SharedMemory::create("test", 4096);
  EXPECT_FALSE(table->type_of(status_of(memory->fd())));
}

}  // namespace
}  // namespace vm_control
