// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/vm.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "vm_control/base/try.h"
#include "vm_control/transport/peer_credentials.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm_name.h"

namespace vm_control::vmctl {
namespace {

bool is_socket(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

std::string why_no_access(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) < 0) {
    return fmt::format("user {} may not enter the directory of {}", geteuid(), path);
  }
  return fmt::format("user {} may not connect to {}: it belongs to user {} and has mode {:04o}",
                     geteuid(), path, status.st_uid, status.st_mode & mode_t{07777});
}

std::string why_not_connected(const std::string& name, const std::string& path,
                              const Error& error) {
  switch (error.code()) {
    case ENOENT:
      return fmt::format("{}: no such VM: {} does not exist ('vmctl list' shows what runs)", name,
                         path);
    case ECONNREFUSED:
      return is_socket(path)
                 ? fmt::format("{}: the VM is gone: nobody serves {} any more", name, path)
                 : fmt::format("{}: {} is no socket", name, path);
    case EAGAIN:
      return name + ": the VM did not answer in time: too many connections wait for it";
    case EACCES:
      return name + ": " + why_no_access(path);
    default:
      return fmt::format("{}: cannot {}", name, error.message());
  }
}

ExitStatus status_of_connect(const Error& error) {
  if (error.code() == EAGAIN) return kTimedOut;
  return error.code() == ENAMETOOLONG ? kUsage : kCannotConnect;
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
    Refusal{EDQUOT, "over the quota of this session or user"},
    Refusal{EMFILE, "it has no file descriptor free"},
};

// Why a request was refused by EPERM, or empty if this session has the right to it. A second
// question tells which.
std::string why_not_permitted(Client& vm, Rights needed, std::chrono::milliseconds deadline) {
  auto hello = vm.hello(deadline);
  if (!hello && hello.error().kind == CallError::Kind::kDisconnected) {
    return fmt::format("user {} may not connect here", geteuid());
  }
  // Without the right to ask, it is most likely that the other one is missing, too.
  Rights granted = hello ? hello->allowed : Rights();
  if (needed == Rights() || granted.contains_any_of(needed)) return "";
  std::string rights = needed.to_string();
  if (size_t plus = rights.find('+'); plus != std::string::npos) rights.replace(plus, 1, " or ");
  return "this socket does not allow it: the right " + rights + " is missing";
}

const char* why_refused(int code, const Refusals& refusals) {
  for (const Refusal& each : refusals) {
    if (each.code == code) return each.why;
  }
  for (const Refusal& each : kCommonRefusals) {
    if (each.code == code) return each.why;
  }
  return nullptr;
}

std::string describe(const CallError& error, const Refusals& refusals,
                     const std::string& why_not_permitted) {
  if (error.kind == CallError::Kind::kLocal) return "cannot " + error.message();
  if (error.kind != CallError::Kind::kRefused) return error.message();
  if (!why_not_permitted.empty()) return error.message() + ": " + why_not_permitted;
  const char* why = why_refused(error.error.code(), refusals);
  return why ? error.message() + ": " + why : error.message();
}

// " (its process is 4711)": the kernel tells it, so a VM that is silent can be found. Empty if it
// does not, as for datagrams.
std::string describe_process(const Client& vm) {
  auto server = peer_credentials(vm.fd());
  return server && server->pid > 0 ? fmt::format(" (its process is {})", server->pid) : "";
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
    return fail_with(status_of_connect(client.error()),
                     why_not_connected(name, *path, client.error()));
  }
  std::string process = describe_process(*client);
  client->finish_by(end);
  auto result = ask(*client);
  if (result) return kDone;
  const CallError& error = result.error();
  std::string why;
  if (error.kind == CallError::Kind::kRefused && error.error.code() == EPERM) {
    why = why_not_permitted(*client, error.needed_rights, context.hello_timeout());
  }
  std::string message = name + ": " + describe(error, refusals, why);
  bool is_silent = error.kind == CallError::Kind::kTimedOut;
  return fail_with(status_of(error), is_silent ? message + process : message);
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
