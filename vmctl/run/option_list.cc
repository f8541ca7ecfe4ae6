// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/option_list.h"

#include <algorithm>
#include <set>
#include <string>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

Result<void> apply(std::string_view option, std::span<const ListedOption> known,
                   std::set<std::string_view>& seen) {
  std::string quoted = "'" + std::string(option) + "'";
  size_t equals = option.find('=');
  auto found = std::ranges::find(known, option.substr(0, equals), &ListedOption::name);
  if (found == known.end()) {
    std::string names;
    for (const ListedOption& each : known) names += " " + std::string(each.name) + "=";
    return fail(EINVAL, "take the option", quoted + " (there are:" + names + ")");
  }
  if (equals == std::string_view::npos || equals + 1 == option.size()) {
    return fail(EINVAL, "take an option without a value:", quoted);
  }
  if (!seen.insert(found->name).second) return fail(EINVAL, "take an option twice:", quoted);
  return found->set(option.substr(equals + 1));
}

}  // namespace

Result<void> apply_options(std::string_view text, std::span<const ListedOption> known) {
  std::set<std::string_view> seen;
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find(',', start), text.size());
    TRY(apply(text.substr(start, end - start), known, seen));
    start = end + 1;
  }
  return {};
}

}  // namespace vm_control::vmctl
