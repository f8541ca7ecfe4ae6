// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/report.h"

#include <cerrno>
#include <cstdio>

#include "vm_control/base/printable.h"

namespace vm_control::vmctl {

bool print_result(const Context& context, std::string_view text, const JsonObject& json) {
  print_text(context, context.json ? json.text() : text);
  return context.output.flush();
}

bool print_done(const Context& context, std::string_view text, const JsonObject& json) {
  std::string line = printable(text);
  bool is_told = print_result(context, line, json);
  if (!is_told) context.output.note(line);
  return is_told;
}

void print_text(const Context& context, std::string_view text) {
  context.output.add(printable(text, '\n') + '\n');
}

void print_error(std::string_view message) {
  std::string line = "vmctl: " + printable(message) + '\n';
  std::fputs(line.c_str(), stderr);
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
