// SPDX-License-Identifier: BSD-3-Clause
// The mounted file systems, by the number that statx(2) gives as stx_mnt_id. They are read from
// /proc/self/mountinfo (proc(5)), because asking a file system that another process serves could
// take as long as that process likes.
//
// The file is opened once and read again for each question, so that the process can enter a sandbox
// that forbids opening files in between. It shows the mount namespace that the process was in.
// Threads: not synchronised.
#pragma once

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

  // The type of the file system of `mount`, such as "ext4" or "fuse.sshfs". Nothing if it is not
  // mounted in this namespace: in another one, detached, or inside the kernel only.
  std::optional<std::string> type_of(uint64_t mount) const;

 private:
  explicit MountTable(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

// The same in `table`, which has the format of /proc/self/mountinfo.
std::optional<std::string> find_mount_type(std::string_view table, uint64_t mount);

}  // namespace vm_control
