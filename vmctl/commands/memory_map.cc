// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory map VM FILE|--memfd SIZE
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"
#include "vmctl/cli/memory_source.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/stop_signals.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct MapCommandOptions {
  std::string vm;
  SourceOptions source;
  std::string at;
  bool detached = false;
  bool log_dirty = false;
};

Result<MapOptions> map_options(const MapCommandOptions& options, const Source& source) {
  MapOptions out{.offset = source.offset,
                 .flags = {.read_only = options.source.read_only, .log_dirty = options.log_dirty},
                 .detached = options.detached};
  if (!options.at.empty()) out.at = GuestAddress(TRY(parse_size(options.at)));
  if (out.at && !out.at->is_aligned(kPageSize)) {
    return fail(EINVAL, "map memory at an address that is not a multiple of 4096:", options.at);
  }
  if (out.at && !out.at->checked_add(source.size)) {
    return fail(EINVAL, "map memory past the last address there is:",
                fmt::format("{} and {}", options.at, format_size(source.size)));
  }
  return out;
}

bool print_mapping(const Context& context, const std::string& vm,
                   const response::MappedMemory& memory) {
  return print_result(
      context,
      fmt::format("handle {}  guest address {}  slot {}  ({})", format_handle(memory.handle),
                  format_address(memory.address), memory.slot.value(), format_size(memory.size)),
      {{"vm", vm},
       {"handle", format_handle(memory.handle)},
       {"guest_address", memory.address.value()},
       {"slot", memory.slot.value()},
       {"size", memory.size}});
}

// Refuses a datagram socket. It has no sessions, so a mapping would outlive this command.
CallResult<> check_session(const Client& vm) {
  auto kind = inspect_socket(vm.fd());
  if (!kind || kind->type != SocketType::kDatagram) return {};
  return fail_call(
      CallError::Kind::kLocal,
      Error(EOPNOTSUPP, "tie memory to a session at a datagram socket (--detached does not)"));
}

// Waits until a signal ends this command, or the VM ends the session.
class Holder {
 public:
  static Result<std::unique_ptr<Holder>> create() {
    EventLoop loop = TRY(EventLoop::create());
    std::unique_ptr<Holder> holder(new Holder(std::move(loop)));
    holder->signals_.emplace(
        TRY(StopSignals::create(holder->loop_, [&loop = holder->loop_] { loop.stop(); })));
    return holder;
  }

  // Waits; returns whether the VM ended the session.
  Result<bool> hold(const Client& session) {
    bool is_over = false;
    Watch watch = TRY(loop_.watch(session.fd(), EPOLLIN, [&](uint32_t) {
      is_over = true;
      loop_.stop();
    }));
    loop_.run();
    return is_over;
  }

 private:
  explicit Holder(EventLoop loop) : loop_(std::move(loop)) {}

  EventLoop loop_;
  std::optional<StopSignals> signals_;
};

ExitStatus hold(Holder& holder, const std::string& name, const Client& session) {
  print_error("mapped until this command ends (Ctrl-C)");
  auto is_over = holder.hold(session);
  if (!is_over) return fail_with(kRefused, "cannot " + is_over.error().message());
  if (!*is_over) return kDone;
  return fail_with(kCannotConnect,
                   name + ": the VM closed the connection, and the mapping with it");
}

ExitStatus map_memory(const Context& context, const MapCommandOptions& options) {
  auto source = open_source(options.source);
  if (!source) return fail_with_usage(source.error());
  auto how = map_options(options, *source);
  if (!how) return fail_with_usage(how.error());
  // Before anything is printed: its reader may answer with a signal.
  auto holder = options.detached ? Result<std::unique_ptr<Holder>>() : Holder::create();
  if (!holder) return fail_with(kRefused, "cannot " + holder.error().message());
  std::optional<Client> session;
  auto map = [&](Client& vm) -> CallResult<> {
    if (!options.detached) TRY(check_session(vm));
    auto memory = TRY(vm.map_memory(source->fd.get(), source->size, *how));
    if (print_mapping(context, options.vm, memory)) {
      session = std::move(vm);
    } else if (options.detached) {
      take_back_memory(context, options.vm, vm, memory.slot);
    }
    return {};
  };
  ExitStatus status = with_extended_vm(context, options.vm, "memory map", map, mapping_refusals());
  if (status != kDone || options.detached || !session) return status;
  return hold(**holder, options.vm, *session);
}

}  // namespace

void add_memory_map(Command memory, const Context& context) {
  Command command = memory.add_subcommand(
      "map", "Map a file, or new memory, into the guest until this command ends");
  auto options = std::make_shared<MapCommandOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  options->source.add_to(command);
  command.add_option("--offset BYTES", options->source.offset, "Where in the file to start (0)");
  command.add_option("--size SIZE", options->source.size, "How much of the file to map (the rest)");
  command.add_option("--at ADDR", options->at, "Guest address to map it at (the lowest free one)");
  command.add_flag("--read-only", options->source.read_only, "Keep the guest from writing to it");
  command.add_flag("--detached", options->detached,
                   "Leave it mapped, and end this command at once");
  command.add_flag("--log-dirty", options->log_dirty, "Keep a log for 'memory dirty'");
  command.on_run([options, &context] { return map_memory(context, *options); });
}

}  // namespace vm_control::vmctl
