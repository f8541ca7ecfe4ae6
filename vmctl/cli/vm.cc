// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm.h"

#include <fmt/core.h>

#include <array>

#include "vm_control/base/try.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm_name.h"

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

// The refusals that every request shares.
constexpr std::array kCommonRefusals = {
    Refusal{EPERM, "this socket does not allow it"},
    Refusal{EDQUOT, "over the quota of this session or user"},
    Refusal{EMFILE, "it has no file descriptor free"},
};

const char* why_refused(int code, const Refusals& refusals) {
  for (const Refusal& each : refusals) {
    if (each.code == code) return each.why;
  }
  for (const Refusal& each : kCommonRefusals) {
    if (each.code == code) return each.why;
  }
  return nullptr;
}

std::string describe(const CallError& error, const Refusals& refusals) {
  if (error.kind == CallError::Kind::kLocal) return "cannot " + error.message();
  if (error.kind != CallError::Kind::kRefused) return error.message();
  const char* why = why_refused(error.error.code(), refusals);
  return why ? error.message() + ": " + why : error.message();
}

bool is_refused_by(const CallResult<response::Hello>& hello, int code) {
  return !hello && hello.error().kind == CallError::Kind::kRefused &&
         hello.error().error.code() == code;
}

}  // namespace

ExitStatus with_vm(const Context& context, const std::string& name, const Ask& ask,
                   const Refusals& refusals) {
  auto path = socket_path(name);
  if (!path) return fail_with_usage(path.error());
  auto end = std::chrono::steady_clock::now() + context.timeout;
  auto client = Client::connect(*path, context.timeout);
  if (!client) {
    ExitStatus status = client.error().code() == EAGAIN ? kTimedOut : kCannotConnect;
    return fail_with(status, why_not_connected(name, *path, client.error()));
  }
  client->finish_by(end);
  auto result = ask(*client);
  if (result) return kDone;
  return fail_with(status_of(result.error()), name + ": " + describe(result.error(), refusals));
}

ExitStatus with_extended_vm(const Context& context, const std::string& name, const char* command,
                            const Ask& ask, const Refusals& refusals) {
  auto protocol = Protocol::kExtended;
  auto ask_extended = [&](Client& vm) -> CallResult<> {
    protocol = TRY(protocol_of(vm, context.hello_timeout()));
    if (protocol == Protocol::kClassic) return {};
    return ask(vm);
  };
  ExitStatus status = with_vm(context, name, ask_extended, refusals);
  if (protocol == Protocol::kExtended) return status;
  return fail_with(kRefused, fmt::format("{}: 'vmctl {}' needs the extended protocol, and this VM "
                                         "speaks only the classic one",
                                         name, command));
}

ExitStatus for_each_vm(const std::vector<std::string>& names,
                       const std::function<ExitStatus(const std::string&)>& each) {
  ExitStatus first_failure = kDone;
  for (const std::string& name : names) {
    ExitStatus status = each(name);
    if (first_failure == kDone) first_failure = status;
  }
  return first_failure;
}

CallResult<Protocol> protocol_of(Client& vm, std::chrono::milliseconds deadline) {
  auto hello = vm.hello(deadline);
  if (hello) return Protocol::kExtended;
  if (is_refused_by(hello, EOPNOTSUPP)) return Protocol::kClassic;
  if (!is_refused_by(hello, EPERM)) return tl::unexpected(hello.error());
  // EPERM means either that this socket does not allow Hello, or that the server refuses the whole
  // connection. In the second case it closes the connection, and a second Hello gets no answer.
  auto again = vm.hello(deadline);
  if (is_refused_by(again, EPERM)) return Protocol::kExtended;
  return tl::unexpected(hello.error());
}

}  // namespace vm_control::vmctl
