// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/run_options.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/transport/socket_address.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/runtime_directory.h"
#include "vmctl/cli/vm_name.h"
#include "vmctl/run/device_spec.h"
#include "vmctl/run/quota_spec.h"
#include "vmctl/run/socket_spec.h"

namespace vm_control::vmctl {
namespace {

constexpr const char* kDefaultName = "vm";

// Refuses a path whose directory is not there, or does not allow `mode`.
Result<void> check_directory_of(const std::string& path, int mode) {
  size_t slash = path.rfind('/');
  std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (access(directory.c_str(), mode) < 0) return fail_errno("use the directory", directory);
  return {};
}

// Refuses a path where no socket can be, before anything is done.
Result<void> check_socket(const std::string& path) {
  TRY(SocketAddress::from_path(path));
  return check_directory_of(path, W_OK | X_OK);
}

// Refuses a file to which nothing can be appended. One that is not there can be made.
Result<void> check_log(const std::string& path) {
  bool exists = access(path.c_str(), F_OK) == 0;
  TRY(check_directory_of(path, exists ? X_OK : W_OK | X_OK));
  if (!exists) return {};
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return fail(EISDIR, "append to", path);
  if (access(path.c_str(), W_OK) < 0) return fail_errno("append to", path);
  return {};
}

// The same for where the serial port leads. What is not a path is for the VM to check.
Result<void> check_serial(const std::string& where) {
  if (where.starts_with("unix:")) return check_socket(where.substr(5));
  if (!where.starts_with("file:")) return {};
  if (where == "file:") return fail(EINVAL, "lead the serial port to a file without a path");
  return check_log(where.substr(5));
}

// A VM that is given sockets is served at a name only if it is given that, too.
bool is_named(const RunOptions& options) {
  return options.sockets.empty() || !options.name.empty();
}

Result<std::vector<vmhost::SocketSpec>> sockets_of(const RunOptions& options) {
  std::vector<vmhost::SocketSpec> specs;
  if (is_named(options)) {
    std::string name = options.name.empty() ? kDefaultName : options.name;
    if (name.find('/') != std::string::npos) {
      return fail(EINVAL, "take as a VM's name (use --socket for a path)", "'" + name + "'");
    }
    specs.push_back({.path = TRY(socket_path(name))});
    TRY(SocketAddress::from_path(specs.back().path));
  }
  for (const std::string& text : options.sockets) {
    vmhost::SocketSpec spec = TRY(parse_socket_spec(text));
    if (std::ranges::find(specs, spec.path, &vmhost::SocketSpec::path) != specs.end()) {
      return fail(EEXIST, "serve twice at", spec.path);
    }
    TRY(check_socket(spec.path));
    specs.push_back(std::move(spec));
  }
  return specs;
}

// Parses sizes that are `least` or more, and multiples of `unit`.
Result<uint64_t> parse_multiple(const std::string& text, uint64_t least, uint64_t unit,
                                const char* action) {
  uint64_t size = TRY(parse_size(text));
  if (size < least || size % unit) return fail(EINVAL, action, "'" + text + "'");
  return size;
}

// Whether device memory is a window.
Result<bool> parse_device_memory(const std::string& text) {
  if (text == "window") return true;
  if (text == "memslots") return false;
  return fail(EINVAL, "take for device memory (window or memslots)", "'" + text + "'");
}

Result<Quotas> quotas_of(const RunOptions& options) {
  Quotas quotas;
  if (!options.session_quota.empty()) {
    quotas.session = TRY(parse_quota(options.session_quota, quotas.session));
  }
  if (!options.user_quota.empty()) {
    quotas.user = TRY(parse_quota(options.user_quota, quotas.user));
  }
  return quotas;
}

// The built-in guest needs little, and Linux needs more than that.
const char* default_memory(const RunOptions& options) {
  return options.kernel.empty() ? "128M" : "512M";
}

Result<uint64_t> parse_ram(const RunOptions& options) {
  if (options.memory.empty()) return parse_size(default_memory(options));
  // It is loaded at 1 MiB. Kernels say by themselves what they need.
  constexpr uint64_t kLeastForBuiltIn = 2 << 20;
  uint64_t least = options.kernel.empty() ? kLeastForBuiltIn : kPageSize;
  return parse_multiple(
      options.memory, least, kPageSize,
      "give the guest RAM that is no multiple of 4K, or the built-in guest less than 2M:");
}

Result<void> check_guest(const RunOptions& options) {
  if (!options.kernel.empty()) return {};
  bool for_linux = !options.initrd.empty() || !options.command_line.empty() ||
                   !options.more_of_command_line.empty();
  if (for_linux) {
    return fail(EINVAL, "use --initrd, --cmdline or --append without --kernel: they are for Linux");
  }
  return {};
}

}  // namespace

Result<vmhost::VmHost::Options> vm_options(const RunOptions& options) {
  vmhost::VmHost::Options out;
  out.sockets = TRY(sockets_of(options));
  TRY(check_guest(options));
  out.ram_size = TRY(parse_ram(options));
  if (options.huge_pages) out.ram_pages = vmm::GuestRam::Pages::kHuge;
  if (options.cpus == 0) return fail(EINVAL, "run a machine without a CPU: --cpus is 1 or more");
  out.cpus = options.cpus;
  TRY(check_serial(options.serial));
  out.serial = options.serial;
  out.gpu = options.gpu;
  out.quotas = TRY(quotas_of(options));
  for (const std::string& text : options.devices) {
    out.devices.push_back(TRY(parse_device_spec(text)));
  }
  out.sandbox = !options.no_sandbox;
  out.has_window = TRY(parse_device_memory(options.device_memory));
  if (!options.device_memory_base.empty()) {
    out.device_memory_base = GuestAddress(
        TRY(parse_multiple(options.device_memory_base, 0, kHugePageSize,
                           "start device memory at an address that is no multiple of 2M:")));
  }
  if (!options.device_memory_size.empty()) {
    out.device_memory_size =
        TRY(parse_multiple(options.device_memory_size, kPageSize, kPageSize,
                           "have device memory of a size that is 0, or no multiple of 4K:"));
  }
  // The options are right: this is the first change that anybody sees.
  if (is_named(options)) TRY(make_runtime_directory());
  return out;
}

Result<LinuxFiles> read_linux_files(const RunOptions& options) {
  LinuxFiles files;
  files.kernel = TRY(BootFile::read(options.kernel));
  if (!options.initrd.empty()) files.initrd = TRY(BootFile::read(options.initrd));
  return files;
}

vmm::LinuxGuest linux_guest(const RunOptions& options, const LinuxFiles& files) {
  vmm::LinuxGuest guest{.kernel = files.kernel.bytes(), .initrd = files.initrd.bytes()};
  if (!options.command_line.empty()) guest.command_line = options.command_line;
  if (!options.more_of_command_line.empty()) {
    guest.command_line += " " + options.more_of_command_line;
  }
  return guest;
}

void add_run_options(Command command, RunOptions& options) {
  command.add_option("--name NAME", options.name, "Serve as NAME (default: vm)");
  command.add_option("--socket PATH", options.sockets,
                     "Serve at PATH, too; only there without --name. Options may follow: "
                     ",type=seqpacket|datagram ,allow=RIGHT+... ,uid=UID+... ,mode=OCTAL "
                     ",sealing=prefer|require ,doorbells=direct|relay");
  command.add_option("--kernel FILE", options.kernel,
                     "Boot this Linux kernel, a bzImage or ELF, instead of the built-in guest");
  command.add_option("--initrd FILE", options.initrd, "The kernel's first file system");
  command.add_option("--cmdline WORDS", options.command_line,
                     "The kernel's command line (console=ttyS0 panic=-1)");
  command.add_option("--append WORDS", options.more_of_command_line,
                     "More at the end of the kernel's command line");
  command.add_option("--memory SIZE", options.memory, "RAM of the guest (128M; 512M for Linux)");
  command.add_flag("--hugepages", options.huge_pages,
                   "RAM of huge pages that are set aside: see vm.nr_hugepages");
  command.add_option("--cpus N", options.cpus, "vCPUs (1)");
  command.add_option(
      "--serial WHERE", options.serial,
      "Where the serial port leads: stdio, none, unix:PATH, or file:PATH, to append to (stdio)");
  command.add_option("--gpu NAME", options.gpu,
                     "What allocates GPU buffers: memfd, udmabuf, gbm, none (memfd)");
  command.add_option("--device-memory KIND", options.device_memory,
                     "How regions reach the guest: window, or memslots: a KVM slot each (window)");
  command.add_option("--device-memory-base ADDR", options.device_memory_base,
                     "Guest address where device memory starts (0x80000000)");
  command.add_option("--device-memory-size SIZE", options.device_memory_size,
                     "Size of device memory (up to the 32-bit hole, or at most 16G)");
  command.add_option("--session-quota NAME=N,...", options.session_quota,
                     "Limits of each session: sessions, regions, events, unanswered, bytes");
  command.add_option(
      "--user-quota NAME=N,...", options.user_quota,
      "Limits of all sessions of a user together, and of detached memory: the same, and "
      "detached");
  command.add_option(
      "--device NAME:COMMAND", options.devices,
      "Start COMMAND with a connection to the VM. Options may follow: ,allow=RIGHT+... "
      ",uid=UID ,sealing=prefer|require ,doorbells=direct|relay. RIGHT is lifecycle, "
      "memory, gpu, events, balloon, observe, admin or memslots");
  command.add_flag("--no-sandbox", options.no_sandbox, "Run without the sandbox, for debugging");
}

}  // namespace vm_control::vmctl
