// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/report.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>

#include "vm_control/base/printable.h"

namespace vm_control::vmctl {

void print_line(std::string_view text) {
  fmt::print("{}\n", printable(text, '\n'));
}

void print_result(const Context& context, std::string_view text, const JsonObject& json) {
  print_line(context.json ? json.text() : text);
  flush_results();
}

void flush_results() {
  // A script that reads from a pipe may wait for this line.
  std::fflush(stdout);
}

void print_error(std::string_view message) {
  fmt::print(stderr, "vmctl: {}\n", printable(message));
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
