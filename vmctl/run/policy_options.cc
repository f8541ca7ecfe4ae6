// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/policy_options.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

// Parses all of `text`. Returns nothing if it is not a number in `base`, or more than `max`.
std::optional<uint32_t> parse_number(std::string_view text, int base, uint32_t max) {
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return {};
  return number;
}

Result<std::vector<uid_t>> parse_uids(std::string_view text) {
  // The largest number is not a user: system calls take it as "no change".
  constexpr uid_t kMax = std::numeric_limits<uid_t>::max() - 1;
  std::vector<uid_t> uids;
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find('+', start), text.size());
    auto uid = parse_number(text.substr(start, end - start), 10, kMax);
    if (!uid) return fail(EINVAL, "read as users (numbers, with + between):", std::string(text));
    uids.push_back(*uid);
    start = end + 1;
  }
  return uids;
}

// Sets `chosen` to what the word `text` stands for.
template <class Choice>
Result<void> choose(Choice& chosen, std::string_view text, const char* action,
                    std::initializer_list<std::pair<std::string_view, Choice>> words) {
  for (const auto& [word, choice] : words) {
    if (text != word) continue;
    chosen = choice;
    return {};
  }
  return fail(EINVAL, action, "'" + std::string(text) + "'");
}

}  // namespace

ListedOption allow_option(SocketPolicy& policy) {
  return {"allow", [&policy](std::string_view text) -> Result<void> {
            policy.allow = TRY(Rights::parse(text));
            return {};
          }};
}

ListedOption uid_option(SocketPolicy& policy) {
  return {"uid", [&policy](std::string_view text) -> Result<void> {
            policy.uids = TRY(parse_uids(text));
            return {};
          }};
}

ListedOption user_option(std::optional<uid_t>& uid) {
  return {"uid", [&uid](std::string_view text) -> Result<void> {
            std::vector<uid_t> uids = TRY(parse_uids(text));
            if (uids.size() > 1) return fail(EINVAL, "run as several users:", std::string(text));
            uid = uids[0];
            return {};
          }};
}

ListedOption mode_option(SocketPolicy& policy) {
  return {"mode", [&policy](std::string_view text) -> Result<void> {
            auto mode = parse_number(text, 8, 0777);
            if (!mode) return fail(EINVAL, "read as a file's mode (0 to 0777):", std::string(text));
            policy.mode = *mode;
            return {};
          }};
}

ListedOption sealing_option(SocketPolicy& policy) {
  return {"sealing", [&policy](std::string_view text) {
            return choose(policy.seal_policy, text, "take for sealing (prefer or require)",
                          {{"prefer", SealPolicy::kPrefer}, {"require", SealPolicy::kRequire}});
          }};
}

ListedOption doorbells_option(SocketPolicy& policy) {
  return {"doorbells", [&policy](std::string_view text) {
            return choose(policy.doorbells, text, "take for doorbells (direct or relay)",
                          {{"direct", Doorbells::kDirect}, {"relay", Doorbells::kRelay}});
          }};
}

}  // namespace vm_control::vmctl
