// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/vm_host.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "guest/monitor_image.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/gpu_allocators.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/pc_devices.h"

namespace vm_control::vmhost {
namespace {

vmm::Machine::Options machine_options(const VmHost::Options& options, MemoryFaults& faults) {
  GuestAddress monitor_base(guest::kMonitorDeviceMemory);
  vmm::Machine::Options machine{
      .ram_size = options.ram_size,
      .cpus = options.cpus,
      .device_memory_base = options.device_memory_base.value_or(monitor_base),
      .device_memory_size = options.device_memory_size,
      .has_window = options.has_window,
      .memory_faults = &faults};
  if (options.sandbox) {
    machine.on_vcpu_start = [] { return restrict_thread(ThreadRole::kVcpu); };
  }
  return machine;
}

// Restricts a thread that serves peers, and ends the process if that fails: the thread must not run
// unrestricted, and has nobody to report to.
void restrict_principal() {
  auto restricted = restrict_thread(ThreadRole::kPrincipal);
  if (restricted) return;
  std::fprintf(stderr, "cannot %s\n", restricted.error().message().c_str());
  std::abort();
}

// Each thread other than vCPUs calls this first.
std::function<void()> on_thread_start(const VmHost::Options& options) {
  if (options.sandbox) return restrict_principal;
  return [] {};
}

// Keeps the right to remove the sockets from their directories, which happens at the end.
Result<void> enter_sandbox(const VmHost::Options& options, const vmm::Chardev& console,
                           const std::vector<BoundSocket>& sockets) {
  ProcessRules rules;
  auto allow_removing = [&rules](const std::string& path) {
    rules.removable_from.push_back(std::filesystem::path(path).parent_path());
  };
  for (const BoundSocket& socket : sockets) {
    allow_removing(socket.path());
    rules.answers_datagrams |= socket.type() == SocketType::kDatagram;
  }
  if (!console.socket_path().empty()) allow_removing(console.socket_path());
  rules.ends_other_users = std::ranges::any_of(
      options.devices, [](const DeviceSpec& device) { return device.uid.has_value(); });
  auto done = TRY(restrict_process(rules));
  std::string landlock = done.landlock > 0 ? "Landlock ABI " + std::to_string(done.landlock)
                                           : "no Landlock (the kernel has none)";
  const char* capabilities =
      rules.ends_other_users ? "no capability but CAP_KILL" : "no capabilities";
  options.log("sandbox: seccomp, " + landlock + ", " + capabilities);
  return {};
}

// How many regions there can be. The last memory slot is the window's, if there is one: regions
// have the lowest numbers.
Result<uint32_t> count_regions(const vmm::Machine& machine, bool has_window) {
  constexpr uint32_t kFewRegions = 64;
  if (!has_window) return machine.device_slot_count();
  GuestRange window = machine.layout().window();
  uint32_t most = WindowMapper::max_regions(window, UINT32_MAX);
  if (most < kFewRegions) {
    return fail(EINVAL, "show device memory of",
                std::to_string(window.size() >> 20) +
                    " MiB in a window (a smaller one, a higher vm.max_map_count, or memory slots)");
  }
  return std::min(most, machine.device_slot_count() - 1);
}

Slot last_slot(const vmm::Machine& machine) {
  return Slot(machine.first_device_slot().value() + machine.device_slot_count() - 1);
}

// Refuses RAM beyond device memory: the built-in guest reaches 4 GiB and would never see it.
Result<void> check_ram(const VmHost::Options& options) {
  if (options.device_memory_base || options.ram_size <= guest::kMonitorDeviceMemory) return {};
  return fail(EINVAL, "give the built-in guest more than 2 GiB of RAM: device memory is there",
              "(--device-memory-base moves it)");
}

}  // namespace

Result<std::unique_ptr<VmHost>> VmHost::create(EventLoop& loop, const Options& options) {
  // The sandbox lies between files and processes on one side and threads on the other.
  Parts parts = TRY(open_parts(options));
  if (options.sandbox) TRY(enter_sandbox(options, *parts.console, parts.sockets));
  auto sockets = std::move(parts.sockets);
  std::unique_ptr<VmHost> vm(new VmHost(loop, options, std::move(parts)));
  TRY(vm->watch_memory());
  TRY(vm->serve(std::move(sockets)));
  TRY(vm->watch());
  return vm;
}

Result<VmHost::Parts> VmHost::open_parts(const Options& options) {
  auto gpu = TRY(create_gpu_allocator(options.gpu));
  auto console = TRY(vmm::create_chardev(options.serial, on_thread_start(options)));
  TRY(check_ram(options));
  auto faults = TRY(MemoryFaults::create());
  auto machine = TRY(vmm::Machine::create(machine_options(options, *faults)));
  auto* serial =
      TRY(vmm::add_pc_devices(*machine, [&line = *console](auto bytes) { line.write(bytes); }));
  TRY(vmm::boot_flat_image(*machine, guest::monitor_image()));
  auto vm = std::make_unique<vmm::KvmVirtualMachine>(
      *machine, [console = console.get(), machine = machine.get()] {
        // The console closes first: a vCPU that waits for its reader would not see the request.
        console->close();
        machine->request_exit();
      });
  uint32_t max_regions = TRY(count_regions(*machine, options.has_window));
  std::unique_ptr<WindowMapper> window;
  if (options.has_window) {
    window = TRY(WindowMapper::create(*vm, last_slot(*machine), machine->layout().window()));
  }
  MountTable mounts = TRY(MountTable::create());
  std::vector<BoundSocket> sockets;
  for (const SocketSpec& socket : options.sockets) {
    const SocketPolicy& policy = socket.policy;
    TRY(policy.check());
    sockets.push_back(TRY(BoundSocket::bind(socket.path, socket.type, policy.mode, policy.uids)));
  }
  auto devices = TRY(DeviceProcesses::start(options.devices, options.log));
  return Parts{.gpu = std::move(gpu),
               .console = std::move(console),
               .faults = std::move(faults),
               .machine = std::move(machine),
               .serial = serial,
               .vm = std::move(vm),
               .window = std::move(window),
               .max_regions = max_regions,
               .mounts = std::move(mounts),
               .sockets = std::move(sockets),
               .devices = std::move(devices)};
}

VmHost::VmHost(EventLoop& loop, const Options& options, Parts parts)
    : loop_(loop),
      options_(options),
      faults_(std::move(parts.faults)),
      console_(std::move(parts.console)),
      machine_(std::move(parts.machine)),
      serial_(parts.serial),
      gpu_(std::move(parts.gpu)),
      vm_(std::move(parts.vm)),
      window_(std::move(parts.window)),
      memslots_(*vm_),
      memory_(areas(), machine_->first_device_slot(), parts.max_regions, std::move(parts.mounts)),
      executor_({.vm = *vm_,
                 .memory = memory_,
                 .balloon = balloon_,
                 .gpu = gpu_.get(),
                 .layout = &machine_->layout()}),
      devices_(std::move(parts.devices)) {}

VmHost::~VmHost() {
  end();
}

DeviceMemory::Areas VmHost::areas() {
  const GuestLayout& layout = machine_->layout();
  if (!window_) return {.window = {layout.window(), memslots_}};
  DeviceMemory::Areas areas{.window = {layout.window(), *window_}};
  if (layout.memslots()) areas.memslots.emplace(*layout.memslots(), memslots_);
  return areas;
}

Result<void> VmHost::serve(std::vector<BoundSocket> sockets) {
  Server::Options options{
      .quotas = options_.quotas, .log = options_.log, .on_thread_start = on_thread_start(options_)};
  server_ = TRY(Server::create(loop_, executor_, std::move(options)));
  for (size_t i = 0; i < sockets.size(); ++i) {
    TRY(server_->listen(std::move(sockets[i]), options_.sockets[i].policy));
  }
  return devices_->serve(*server_, loop_);
}

Result<void> VmHost::watch() {
  auto watch = [this](int fd, EventLoop::OnEvents on_readable) -> Result<void> {
    watches_.push_back(TRY(loop_.watch(fd, EPOLLIN, std::move(on_readable))));
    return {};
  };
  TRY(watch(machine_->stopped_fd(), [this](uint32_t) { loop_.stop(); }));
  TRY(watch(machine_->state_changed().fd(), [this](uint32_t) {
    machine_->state_changed().take();
    server_->on_state_changed();
  }));
  return {};
}

// A thread of its own: to replace memory can take as long as the peer who sent it likes.
Result<void> VmHost::watch_memory() {
  struct Watching {
    EventLoop loop;
    std::unique_ptr<MemoryWatch> watch = nullptr;
  };
  std::shared_ptr<Watching> watching(new Watching{.loop = TRY(EventLoop::create())});
  watching->watch = TRY(MemoryWatch::create(watching->loop, memory_, *faults_));
  memory_watch_ = std::make_unique<ThreadRunner>(on_thread_start(options_));
  return memory_watch_->start("memory-watch", watching->loop, watching);
}

Result<vmm::ExitReason> VmHost::run() {
  TRY(machine_->start());
  if (options_.sandbox) TRY(restrict_thread(ThreadRole::kControl));
  loop_.run();
  return machine_->wait();
}

void VmHost::end() {
  if (!console_) return;  // it has ended before
  stop();
  watches_.clear();
  devices_.reset();
  server_.reset();
  console_.reset();
}

void VmHost::stop() {
  vm_->request_exit();
}

}  // namespace vm_control::vmhost
