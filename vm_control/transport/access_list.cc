// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/access_list.h"

#include <acl/libacl.h>
#include <fcntl.h>
#include <sys/acl.h>
#include <sys/stat.h>

#include <memory>
#include <type_traits>

#include "vm_control/base/unique_fd.h"

namespace vm_control {
namespace {

constexpr const char* kGiveAccess = "give users access to";

struct FreeAcl {
  void operator()(acl_t acl) const { acl_free(acl); }
};
using Acl = std::unique_ptr<std::remove_pointer_t<acl_t>, FreeAcl>;

bool add_user(Acl& acl, uid_t user) {
  acl_t list = acl.release();
  acl_entry_t entry = nullptr;
  acl_permset_t permissions = nullptr;
  bool added = acl_create_entry(&list, &entry) == 0 && acl_set_tag_type(entry, ACL_USER) == 0 &&
               acl_set_qualifier(entry, &user) == 0 && acl_get_permset(entry, &permissions) == 0 &&
               acl_add_perm(permissions, ACL_READ) == 0 &&
               acl_add_perm(permissions, ACL_WRITE) == 0;
  acl.reset(list);  // it may have moved
  return added;
}

}  // namespace

Result<void> give_access(const std::string& path, std::span<const uid_t> users) {
  // Another file that took this one's place meanwhile is not touched.
  UniqueFd file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) < 0) return fail_errno(kGiveAccess, path);
  if (!S_ISSOCK(status.st_mode)) return fail(ENOTSOCK, kGiveAccess, path);
  Acl acl(acl_from_mode(status.st_mode));
  if (!acl) return fail_errno(kGiveAccess, path);
  for (uid_t user : users) {
    if (!add_user(acl, user)) return fail_errno(kGiveAccess, path);
  }
  acl_t list = acl.release();
  bool has_mask = acl_calc_mask(&list) == 0;
  acl.reset(list);
  std::string name = "/proc/self/fd/" + std::to_string(file.get());
  if (!has_mask || acl_set_file(name.c_str(), ACL_TYPE_ACCESS, acl.get()) < 0) {
    return fail_errno(kGiveAccess, path);
  }
  return {};
}

}  // namespace vm_control
