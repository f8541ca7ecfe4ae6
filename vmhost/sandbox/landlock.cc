// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "vm_control/base/try.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmhost {
namespace {

constexpr const char* kCloseFiles = "close the file system (Landlock)";

// landlock_ruleset_attr of ABI 6; the headers of Linux 6.1 have only the first member. A kernel
// accepts a longer structure than it knows if the rest is zero.
struct RulesetAttributes {
  uint64_t handled_files;
  uint64_t handled_network;
  uint64_t scoped;
};

// The accesses to files that each ABI can deny. A kernel refuses a ruleset with accesses that it
// does not know. The headers of Linux 6.1 end with ABI 2; ABI 3 adds truncate, ABI 5 ioctl on
// devices.
constexpr uint64_t kFilesOf1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr uint64_t kFilesOf2 = kFilesOf1 | LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t kFilesOf3 = kFilesOf2 | uint64_t{1} << 14;
constexpr uint64_t kFilesOf5 = kFilesOf3 | uint64_t{1} << 15;
// ABI 4: bind and connect of TCP.
constexpr uint64_t kNetworkOf4 = 3;
// ABI 6: connecting to abstract Unix sockets of others. Its second bit, signals, stays off: the
// device processes start before the sandbox, so outside of it, and their parent has to end them.
constexpr uint64_t kScopedOf6 = 1;

uint64_t handled_files(int abi) {
  if (abi >= 5) return kFilesOf5;
  if (abi >= 3) return kFilesOf3;
  return abi == 2 ? kFilesOf2 : kFilesOf1;
}

Result<UniqueFd> create_ruleset(int abi, bool reaches_abstract_sockets) {
  RulesetAttributes attributes{.handled_files = handled_files(abi),
                               .handled_network = abi >= 4 ? kNetworkOf4 : 0,
                               .scoped = abi >= 6 && !reaches_abstract_sockets ? kScopedOf6 : 0};
  UniqueFd ruleset(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset) return fail_errno(kCloseFiles);
  return ruleset;
}

Result<void> allow_removing(int ruleset, const std::string& directory) {
  UniqueFd parent(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return fail_errno("open", directory);
  landlock_path_beneath_attr rule{.allowed_access = LANDLOCK_ACCESS_FS_REMOVE_FILE,
                                  .parent_fd = parent.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) {
    return fail_errno(kCloseFiles, directory);
  }
  return {};
}

}  // namespace

int landlock_abi() {
  long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return static_cast<int>(std::max(0L, abi));
}

Result<void> enter_landlock(int abi, const ProcessRules& rules) {
  UniqueFd ruleset = TRY(create_ruleset(abi, rules.answers_datagrams));
  for (const std::string& directory : rules.removable_from) {
    TRY(allow_removing(ruleset.get(), directory));
  }
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) < 0) return fail_errno(kCloseFiles);
  return {};
}

}  // namespace vm_control::vmhost
