// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/report.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>

namespace vm_control::vmctl {

void print_result(const Context& context, const std::string& text, const Json& json) {
  fmt::print("{}\n", context.json ? json.dump() : text);
  // What a script waits for must not stay in a buffer.
  std::fflush(stdout);
}

void print_error(std::string_view message) {
  fmt::print(stderr, "vmctl: {}\n", message);
}

ExitStatus fail_with(ExitStatus status, std::string_view message) {
  print_error(message);
  return status;
}

ExitStatus fail_with_usage(const Error& error) {
  bool is_plain = error.code() == EINVAL || error.code() == ERANGE || error.code() == EEXIST;
  return fail_with(kUsage, "cannot " + (is_plain ? error.attempt() : error.message()));
}

}  // namespace vm_control::vmctl
