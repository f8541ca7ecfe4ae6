// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/runtime_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

namespace fs = std::filesystem;

// Errors: ENOTDIR, EPERM.
Result<void> check_is_own_directory(const struct stat& status, const std::string& path) {
  if (!S_ISDIR(status.st_mode)) return fail(ENOTDIR, "use as a directory", path);
  if (status.st_uid == geteuid()) return {};
  return fail(EPERM, "use another user's directory,",
              path + " (set XDG_RUNTIME_DIR to one of this user's own)");
}

// Where the runtime directory is.
Result<std::string> base_directory() {
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  bool is_valid = base && *base == '/';
  if (!is_valid && geteuid() == 0) return "/run";
  if (!is_valid) {
    return fail(EINVAL,
                "name VMs without the absolute path of a directory in XDG_RUNTIME_DIR; set "
                "it, or give the path of a socket");
  }
  struct stat status {};
  if (stat(base, &status) < 0) return fail_errno("look at XDG_RUNTIME_DIR,", base);
  TRY(check_is_own_directory(status, base));
  return base;
}

}  // namespace

Result<std::string> runtime_directory() {
  std::string path = TRY(base_directory()) + "/vm_control";
  struct stat status {};
  if (lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return path;
    return fail_errno("look at", path);
  }
  TRY(check_is_own_directory(status, path));
  if (status.st_mode & 077) {
    return fail(EPERM, "trust a directory that other users may enter:",
                path + " (chmod 0700 makes it this user's alone)");
  }
  return path;
}

Result<std::string> make_runtime_directory() {
  std::string path = TRY(runtime_directory());
  mode_t mask = umask(0);
  int made = mkdir(path.c_str(), 0700);
  int error = errno;
  umask(mask);
  if (made < 0 && error != EEXIST) return fail(error, "make", path);
  // Somebody may just have made it.
  return runtime_directory();
}

Result<std::vector<fs::path>> sockets_of_vms() {
  std::string directory = TRY(runtime_directory());
  std::error_code error;
  std::vector<fs::path> sockets;
  fs::directory_iterator entry(directory, error);
  while (!error && entry != fs::directory_iterator()) {
    std::error_code gone;
    if (entry->path().extension() == ".sock" && entry->is_socket(gone)) {
      sockets.push_back(entry->path());
    }
    entry.increment(error);
  }
  if (error && error.value() != ENOENT) return fail(error.value(), "list the VMs in", directory);
  std::ranges::sort(sockets);
  return sockets;
}

}  // namespace vm_control::vmctl
