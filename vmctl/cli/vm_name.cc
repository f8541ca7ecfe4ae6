// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm_name.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

bool is_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name[0] != '.' && name.find_first_not_of(kAllowed) == std::string::npos;
}

}  // namespace

Result<std::string> runtime_directory() {
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  if (base && *base) return std::string(base) + "/vm_control";
  if (geteuid() == 0) return "/run/vm_control";
  return fail(EINVAL, "name VMs without XDG_RUNTIME_DIR; set it, or give the path of a socket");
}

Result<std::string> make_runtime_directory() {
  std::string path = TRY(runtime_directory());
  if (mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) return fail_errno("make", path);
  struct stat status {};
  if (lstat(path.c_str(), &status) < 0) return fail_errno("look at", path);
  if (!S_ISDIR(status.st_mode)) return fail(ENOTDIR, "use as a directory", path);
  if (status.st_uid != geteuid() || (status.st_mode & 077)) {
    return fail(EPERM, "trust a directory that is not this user's alone (mode 0700):", path);
  }
  return path;
}

Result<std::string> socket_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  if (!is_name(name))
    return fail(EINVAL, "name a VM",
                "'" + name + "': letters, digits, '.', '_' and '-' make a name");
  return TRY(runtime_directory()) + "/" + name + ".sock";
}

}  // namespace vm_control::vmctl
