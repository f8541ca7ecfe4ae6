// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/device_spec.h"

#include <algorithm>

#include "vm_control/base/try.h"
#include "vmctl/run/policy_options.h"

namespace vm_control::vmctl {
namespace {

constexpr std::string_view kQuotes = "'\"";

// Removes one word from the start of `text`, up to a space or a comma, and returns it.
Result<std::string> take_word(std::string_view& text) {
  std::string word;
  while (!text.empty() && text[0] != ' ' && text[0] != ',') {
    if (kQuotes.find(text[0]) == std::string_view::npos) {
      word += text[0];
      text.remove_prefix(1);
      continue;
    }
    size_t end = text.find(text[0], 1);
    if (end == std::string_view::npos) {
      return fail(EINVAL, "find the end of the quote", std::string(text));
    }
    word += text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  }
  return word;
}

// Removes the words up to a comma from the start of `text`, and returns them.
Result<std::vector<std::string>> take_command(std::string_view& text) {
  std::vector<std::string> words;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty() || text[0] == ',') return words;
    words.push_back(TRY(take_word(text)));
  }
}

}  // namespace

Result<vmhost::DeviceSpec> parse_device_spec(std::string_view text) {
  constexpr const char* kAction = "start a device that is not NAME:COMMAND:";
  vmhost::DeviceSpec spec;
  std::string quoted = "'" + std::string(text) + "'";
  size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return fail(EINVAL, kAction, quoted);
  spec.name = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  spec.command = TRY(take_command(text));
  if (spec.command.empty() || spec.command[0].empty()) return fail(EINVAL, kAction, quoted);
  if (text.empty()) return spec;
  const ListedOption options[] = {allow_option(spec.policy), user_option(spec.uid),
                                  sealing_option(spec.policy), doorbells_option(spec.policy)};
  TRY(apply_options(text.substr(1), options));
  return spec;
}

}  // namespace vm_control::vmctl
