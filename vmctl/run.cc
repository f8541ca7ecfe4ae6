// SPDX-License-Identifier: BSD-3-Clause
// vmctl run
#include <fmt/core.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm_control/base/try.h"
#include "vmctl/escape_keys.h"
#include "vmctl/quantity.h"
#include "vmctl/report.h"
#include "vmctl/served_vm.h"
#include "vmctl/stop_signals.h"
#include "vmctl/terminal.h"
#include "vmctl/vm_name.h"

namespace vm_control::vmctl {
namespace {

constexpr const char* kDefaultName = "vm";

struct Options {
  std::string name;
  std::vector<std::string> sockets;
  std::string memory = "128M";
  uint32_t cpus = 1;
  std::string serial = "stdio";
  std::string gpu = "memfd";
  std::string device_memory_base;
  std::string device_memory_size;
};

Result<std::vector<SocketSpec>> sockets_of(const Options& options) {
  std::vector<SocketSpec> specs;
  // With sockets of its own, a VM has a name only if it is given one.
  if (options.sockets.empty() || !options.name.empty()) {
    std::string name = options.name.empty() ? kDefaultName : options.name;
    if (name.find('/') != std::string::npos) {
      return fail(EINVAL, "take as a VM's name (use --socket for a path)", "'" + name + "'");
    }
    specs.push_back({.path = TRY(socket_path(name))});
    TRY(make_runtime_directory());
  }
  for (const std::string& text : options.sockets) specs.push_back(TRY(SocketSpec::parse(text)));
  return specs;
}

Result<ServedVm::Options> vm_options(const Options& options) {
  ServedVm::Options out;
  out.sockets = TRY(sockets_of(options));
  out.ram_size = TRY(parse_size(options.memory));
  out.cpus = options.cpus;
  out.serial = options.serial;
  out.gpu = options.gpu;
  out.log = [](std::string_view line) { spdlog::warn("{}", line); };
  if (!options.device_memory_base.empty()) {
    out.device_memory_base = GuestAddress(TRY(parse_size(options.device_memory_base)));
  }
  if (!options.device_memory_size.empty()) {
    out.device_memory_size = TRY(parse_size(options.device_memory_size));
  }
  return out;
}

// Leads what is typed to the guest. A terminal is put into raw mode, and Ctrl-A x ends the VM.
Result<std::optional<RawTerminal>> connect_input(EventLoop& loop, ServedVm& vm, bool on_stdio) {
  auto& machine = vm.machine();
  EventFd room = TRY(machine.serial_room().duplicate());
  auto send = [&machine](std::span<const std::byte> bytes) {
    return machine.send_to_serial(bytes);
  };
  bool on_terminal = on_stdio && isatty(STDIN_FILENO);
  if (!on_terminal) {
    TRY(vm.console().start(loop, {send, std::move(room)}));
    return std::nullopt;
  }
  // A job in the background must leave the terminal alone.
  if (!is_foreground_terminal(STDIN_FILENO)) return std::nullopt;
  auto type = [&vm, &machine, keys = EscapeKeys()](std::span<const std::byte> bytes) mutable {
    auto typed = keys.sort(bytes);
    if (typed.quit) vm.stop();
    // What a guest has no room for is dropped: nobody types that fast.
    machine.send_to_serial(typed.for_the_guest);
    return bytes.size();
  };
  TRY(vm.console().start(loop, {type, std::move(room)}));
  spdlog::info("the terminal is the guest's serial port; Ctrl-A x ends the VM");
  return TRY(RawTerminal::enter(STDIN_FILENO));
}

void log_start(const ServedVm::Options& options) {
  for (const SocketSpec& socket : options.sockets) {
    spdlog::info("serving {} ({})", socket.path, to_string(socket.type));
  }
}

Result<vmm::ExitReason> run_vm(const ServedVm::Options& options) {
  EventLoop loop = TRY(EventLoop::create());
  ServedVm* running = nullptr;
  auto signals = TRY(StopSignals::watch(loop, [&running] {
    if (running) running->stop();
  }));
  auto vm = TRY(ServedVm::create(loop, options));
  running = vm.get();
  log_start(options);
  auto terminal = TRY(connect_input(loop, *vm, options.serial == "stdio"));
  return vm->run();
}

// On standard error, for standard output may be the guest's.
void log_to_stderr() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("vmctl"));
  // A raw terminal needs the carriage return.
  spdlog::set_pattern(isatty(STDERR_FILENO) ? "vmctl: %v\r" : "vmctl: %v");
}

// Whether an option asked for what no host could give.
bool is_usage(const Error& error) {
  constexpr std::array kCodes = {EINVAL, ERANGE, EEXIST, EFBIG, ENAMETOOLONG};
  return std::ranges::find(kCodes, error.code()) != kCodes.end();
}

const char* advice(const Error& error) {
  if (error.code() != EADDRINUSE) return "";
  return " (another VM runs there: 'vmctl list' shows it; --name gives this one another name)";
}

ExitStatus run(const Options& options) {
  log_to_stderr();
  // A console whose reader has gone is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  auto parsed = vm_options(options);
  if (!parsed) return fail_with_usage(parsed.error());
  auto reason = run_vm(*parsed);
  if (!reason && is_usage(reason.error())) return fail_with_usage(reason.error());
  if (!reason) {
    return fail_with(kRefused, "cannot " + reason.error().message() + advice(reason.error()));
  }
  spdlog::info("{}", describe(*reason));
  bool ended_well = reason->kind == vmm::ExitReason::Kind::kRequested ||
                    reason->kind == vmm::ExitReason::Kind::kReset;
  return ended_well ? kDone : kRefused;
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("run", "Start a VM with the built-in guest, and serve it");
  auto options = std::make_shared<Options>();
  command->add_option("--name", options->name, "Serve as NAME (default: vm)")->type_name("NAME");
  command
      ->add_option("--socket", options->sockets,
                   "Serve at PATH[,type=seqpacket|datagram] too; instead, without --name")
      ->type_name("PATH");
  command->add_option("--memory", options->memory, "RAM of the guest (128M)")->type_name("SIZE");
  command->add_option("--cpus", options->cpus, "vCPUs (1)")->type_name("N");
  command
      ->add_option("--serial", options->serial,
                   "Where the serial port leads: stdio, none, file:PATH, unix:PATH (stdio)")
      ->type_name("WHERE");
  command
      ->add_option("--gpu", options->gpu,
                   "What allocates GPU buffers: memfd, udmabuf, gbm, none (memfd)")
      ->type_name("NAME");
  command
      ->add_option("--device-memory-base", options->device_memory_base,
                   "Guest address where device memory starts (0x80000000)")
      ->type_name("ADDR");
  command
      ->add_option("--device-memory-size", options->device_memory_size,
                   "Size of device memory (up to the 32-bit hole, or at most 1T)")
      ->type_name("SIZE");
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace vm_control::vmctl
