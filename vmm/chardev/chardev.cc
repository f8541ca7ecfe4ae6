// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/chardev.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/chardev/file_chardev.h"
#include "vmm/chardev/socket_chardev.h"
#include "vmm/chardev/stream_chardev.h"

namespace vm_control::vmm {
namespace {

constexpr std::string_view kFile = "file:";
constexpr std::string_view kUnix = "unix:";

Result<std::unique_ptr<Chardev>> on_stdio() {
  UniqueFd input = TRY(UniqueFd::duplicate(STDIN_FILENO));
  UniqueFd output = TRY(UniqueFd::duplicate(STDOUT_FILENO));
  return StreamChardev::create(std::move(input), std::move(output));
}

}  // namespace

Result<std::unique_ptr<Chardev>> create_chardev(std::string_view spec,
                                                const std::function<void()>& on_thread_start) {
  if (spec == "stdio") return on_stdio();
  if (spec == "none") return StreamChardev::create(UniqueFd(), UniqueFd());
  if (spec.starts_with(kFile)) {
    return FileChardev::create(std::string(spec.substr(kFile.size())));
  }
  if (spec.starts_with(kUnix)) {
    return SocketChardev::create(std::string(spec.substr(kUnix.size())), on_thread_start);
  }
  return fail(EINVAL, "lead the serial port to (stdio, none, file:PATH or unix:PATH)",
              "'" + std::string(spec) + "'");
}

}  // namespace vm_control::vmm
