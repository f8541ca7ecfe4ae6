// SPDX-License-Identifier: BSD-3-Clause
// The mounted file systems, by the numbers of a mount and of a device that statx(2) gives. They are
// read from /proc/self/mountinfo (proc(5)), because asking a file system that another process
// serves could take as long as that process likes.
//
// A file that was opened in another mount namespace, such as a container's, has a mount of that
// namespace. Its file system is known all the same if it is mounted in this one, too, as both have
// one device number. No process can choose that number: a file system of FUSE or an overlay gets
// one of its own. The number of the mount goes first, because the files of btrfs and of some
// overlays have other device numbers than the table has for them.
//
// The file is opened once and read again for each question, so that the process can enter a sandbox
// that forbids opening files in between. It shows the mount namespace that the process was in.
// Threads: not synchronised.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class MountTable {
 public:
  // Errors: ENOENT (there is no /proc), EMFILE, ENFILE, ENOMEM.
  static Result<MountTable> create();

  // The type of the file system of a file, such as "ext4" or "fuse.sshfs". Nothing if it is not
  // mounted in this namespace, but in others or inside the kernel only.
  //
  // file  with what STATX_MNT_ID asks for.
  std::optional<std::string> type_of(const struct statx& file) const;

 private:
  explicit MountTable(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

// The same in `table`, which has the format of /proc/self/mountinfo.
//
// mount   as stx_mnt_id has it.
// device  as the table writes it: "254:0".
std::optional<std::string> find_mount_type(std::string_view table, uint64_t mount,
                                           std::string_view device);

}  // namespace vm_control
