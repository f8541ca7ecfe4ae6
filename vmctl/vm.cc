// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/vm.h"

#include <fmt/core.h>

#include "vmctl/report.h"
#include "vmctl/vm_name.h"

namespace vm_control::vmctl {
namespace {

std::string why_not_connected(const std::string& name, const std::string& path,
                              const Error& error) {
  switch (error.code()) {
    case ENOENT:
      return fmt::format("{}: no such VM: {} does not exist ('vmctl list' shows what runs)", name,
                         path);
    case ECONNREFUSED:
      return fmt::format("{}: the VM is gone: nobody serves {} any more", name, path);
    case EACCES:
      return fmt::format("{}: {} belongs to another user", name, path);
    default:
      return fmt::format("{}: cannot {}", name, error.message());
  }
}

ExitStatus status_of(const CallError& error) {
  switch (error.kind) {
    case CallError::Kind::kTimedOut:
      return kTimedOut;
    case CallError::Kind::kDisconnected:
    case CallError::Kind::kProtocol:
      return kCannotConnect;
    case CallError::Kind::kLocal:
      return kUsage;
    case CallError::Kind::kRefused:
      return kRefused;
  }
  return kRefused;
}

}  // namespace

ExitStatus with_vm(const Context& context, const std::string& name,
                   const std::function<CallResult<>(Client&)>& ask) {
  auto path = socket_path(name);
  if (!path) return fail_with_usage(path.error());
  auto client = Client::connect(*path, context.timeout());
  if (!client) {
    ExitStatus status = client.error().code() == EAGAIN ? kTimedOut : kCannotConnect;
    return fail_with(status, why_not_connected(name, *path, client.error()));
  }
  auto result = ask(*client);
  if (result) return kDone;
  return fail_with(status_of(result.error()), name + ": " + result.error().message());
}

}  // namespace vm_control::vmctl
