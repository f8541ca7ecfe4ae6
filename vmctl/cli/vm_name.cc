// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm_name.h"

#include <string_view>

#include "vm_control/base/try.h"
#include "vmctl/cli/runtime_directory.h"

namespace vm_control::vmctl {
namespace {

bool is_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name[0] != '.' && name.find_first_not_of(kAllowed) == std::string::npos;
}

}  // namespace

Result<std::string> socket_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  if (!is_name(name))
    return fail(EINVAL, "name a VM",
                "'" + name + "': letters, digits, '.', '_' and '-' make a name");
  return TRY(runtime_directory()) + "/" + name + ".sock";
}

}  // namespace vm_control::vmctl
