// SPDX-License-Identifier: BSD-3-Clause
// vmctl run
#include "vmctl/run/run.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vm_control/base/try.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/stop_signals.h"
#include "vmctl/run/keyboard.h"
#include "vmctl/run/log_output.h"
#include "vmctl/run/run_options.h"
#include "vmctl/run/terminal.h"
#include "vmctl/run/thread_stacks.h"
#include "vmhost/vm_host.h"

namespace vm_control::vmctl {
namespace {

// Connects standard input to the guest. A terminal is put into raw mode, and Ctrl-A x ends the VM.
// Returns what looks after the terminal; null if there is none.
Result<std::unique_ptr<Keyboard>> connect_input(EventLoop& loop, vmhost::VmHost& vm,
                                                bool on_stdio) {
  auto& serial = vm.serial();
  EventFd room = TRY(serial.input_room().duplicate());
  auto send = [&serial](std::span<const std::byte> bytes) { return serial.receive(bytes); };
  if (!on_stdio || !isatty(STDIN_FILENO)) {
    TRY(vm.console().connect(loop, {send, std::move(room)}));
    return nullptr;
  }
  vm.log(is_foreground_terminal(STDIN_FILENO)
             ? "the terminal is the guest's serial port; Ctrl-A x ends the VM"
             : "the terminal becomes the guest's serial port when this job is in the foreground");
  return Keyboard::create(loop, STDIN_FILENO,
                          {.send = send, .room = std::move(room), .quit = [&vm] { vm.stop(); }});
}

void log_start(vmhost::VmHost& vm, const vmhost::VmHost::Options& options) {
  if (!options.sandbox) {
    vm.log("no sandbox: an attacker who breaks into this process gets your rights");
  }
  for (const vmhost::SocketSpec& socket : options.sockets) {
    vm.log(fmt::format("serving {} ({})", socket.path, to_string(socket.type)));
  }
}

// Runs a VM. The guest of `options` is in `files`, which end once it is loaded.
Result<vmm::ExitReason> run_vm(const vmhost::VmHost::Options& options, LinuxFiles files) {
  EventLoop loop = TRY(EventLoop::create());
  vmhost::VmHost* running = nullptr;
  auto signals = TRY(StopSignals::create(loop, [&running] {
    if (running) running->stop();
  }));
  auto vm = TRY(vmhost::VmHost::create(loop, options));
  running = vm.get();
  files = {};
  log_start(*vm, options);
  auto keyboard = TRY(connect_input(loop, *vm, options.serial == "stdio"));
  auto reason = vm->run();
  if (reason) vm->log(describe(*reason));
  keyboard.reset();
  vm->end();
  // A thread that a peer keeps in a system call may still use it: see leave().
  static_cast<void>(vm.release());
  return reason;
}

// Ends the process, and waits for no thread that a peer keeps in a system call, nor for one that
// waits for the reader of the log.
[[noreturn]] void leave(ExitStatus status) {
  std::fflush(stdout);
  _exit(status);
}

// Each line of the log goes to standard error, where somebody may read it.
std::function<void(std::string_view)> log_to_stderr() {
  auto output = std::make_shared<LogOutput>(STDERR_FILENO);
  return [output](std::string_view line) { output->write(line); };
}

// Whether an option asked for something that no host could give.
bool is_usage(const Error& error) {
  constexpr std::array kCodes = {EINVAL, ERANGE, EEXIST, EFBIG, ENAMETOOLONG, ENOEXEC};
  return std::ranges::find(kCodes, error.code()) != kCodes.end();
}

const char* advice(const Error& error) {
  if (error.code() != EADDRINUSE) return "";
  return " (another VM runs there: 'vmctl list' shows it; --name gives this one another name)";
}

// Raises the soft limit of descriptors, which exists for programs that use select(2): each
// connection and each region of a file takes a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

ExitStatus status_of(vmm::ExitReason::Kind kind) {
  using Kind = vmm::ExitReason::Kind;
  switch (kind) {
    case Kind::kRequested:
    case Kind::kPowerOff:
      return kDone;
    case Kind::kReset:
      return kGuestReset;
    case Kind::kPanic:
      return kGuestPanicked;
    case Kind::kShutdown:
      return kGuestCrashed;
    case Kind::kError:
      break;
  }
  return kRefused;
}

ExitStatus run(const RunOptions& options) {
  raise_descriptor_limit();
  use_small_stacks();
  auto parsed = vm_options(options);
  if (!parsed) return fail_with_usage(parsed.error());
  parsed->log = log_to_stderr();
  LinuxFiles files;
  if (!options.kernel.empty()) {
    auto read = read_linux_files(options);
    if (!read) return fail_with_usage(read.error());
    files = std::move(*read);
    parsed->linux_guest = linux_guest(options, files);
  }
  auto reason = run_vm(*parsed, std::move(files));
  // Standard error may take its time.
  if (!reason) StopSignals::unblock();
  if (!reason && is_usage(reason.error())) return fail_with_usage(reason.error());
  if (!reason) {
    return fail_with(kRefused, "cannot " + reason.error().message() + advice(reason.error()));
  }
  leave(status_of(reason->kind));
}

}  // namespace

void add_run(Command root) {
  Command command =
      root.add_subcommand("run", "Start a VM with Linux or the built-in guest, and serve it");
  auto options = std::make_shared<RunOptions>();
  add_run_options(command, *options);
  command.on_run([options] { return run(*options); });
}

}  // namespace vm_control::vmctl
