// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/vm_host.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "guest/monitor_image.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/gpu_allocators.h"
#include "vmhost/sandbox/sandbox.h"
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
      .image = guest::monitor_image(),
      .memory_faults = &faults};
  if (options.sandbox) {
    machine.on_vcpu_start = [] { return restrict_thread(ThreadRole::kVcpu); };
  }
  return machine;
}

// For a thread that has nobody to tell that it can't be restricted. It must not run, then.
void restrict_worker() {
  auto restricted = restrict_thread(ThreadRole::kWorker);
  if (restricted) return;
  std::fprintf(stderr, "cannot %s\n", restricted.error().message().c_str());
  std::abort();
}

// The sockets are removed at the end, which takes a right to their directories.
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
  auto done = TRY(restrict_process(rules));
  std::string landlock = done.landlock > 0 ? "Landlock ABI " + std::to_string(done.landlock)
                                           : "no Landlock (the kernel has none)";
  options.log("sandbox: seccomp, " + landlock + ", no capabilities");
  return {};
}

// The built-in guest reaches 4 GiB: what is beyond its device memory it would never see.
Result<void> check_ram(const VmHost::Options& options) {
  if (options.device_memory_base || options.ram_size <= guest::kMonitorDeviceMemory) return {};
  return fail(EINVAL, "give the built-in guest more than 2 GiB of RAM: device memory is there",
              "(--device-memory-base moves it)");
}

}  // namespace

Result<std::unique_ptr<VmHost>> VmHost::create(EventLoop& loop, const Options& options) {
  // In this order: files and processes, the sandbox, threads.
  Parts parts = TRY(open_parts(options));
  if (options.sandbox) TRY(enter_sandbox(options, *parts.console, parts.sockets));
  std::unique_ptr<VmHost> vm(new VmHost(loop, options, parts));
  TRY(vm->serve(std::move(parts.sockets)));
  TRY(vm->watch());
  return vm;
}

Result<VmHost::Parts> VmHost::open_parts(const Options& options) {
  Parts parts;
  parts.gpu = TRY(create_gpu_allocator(options.gpu));
  parts.console = TRY(vmm::create_chardev(options.serial));
  TRY(check_ram(options));
  parts.faults = TRY(MemoryFaults::create());
  parts.machine = TRY(vmm::Machine::create(machine_options(options, *parts.faults)));
  parts.serial = TRY(vmm::add_pc_devices(
      *parts.machine, [&console = *parts.console](auto bytes) { console.write(bytes); }));
  parts.mounts.emplace(TRY(MountTable::create()));
  for (const SocketSpec& socket : options.sockets) {
    parts.sockets.push_back(TRY(BoundSocket::bind(socket.path, socket.type, socket.policy.mode)));
  }
  parts.devices.emplace(TRY(DeviceProcesses::start(options.devices, options.log)));
  return parts;
}

VmHost::VmHost(EventLoop& loop, const Options& options, Parts& parts)
    : loop_(loop),
      options_(options),
      faults_(std::move(parts.faults)),
      console_(std::move(parts.console)),
      machine_(std::move(parts.machine)),
      serial_(parts.serial),
      gpu_(std::move(parts.gpu)),
      vm_(*machine_, [this] { stop(); }),
      mapper_(vm_),
      memory_(machine_->layout().device_memory(), machine_->first_device_slot(),
              machine_->device_slot_count(), mapper_, std::move(*parts.mounts)),
      executor_({.vm = vm_,
                 .memory = memory_,
                 .balloon = balloon_,
                 .gpu = gpu_.get(),
                 .layout = &machine_->layout()}),
      devices_(std::move(*parts.devices)) {}

VmHost::~VmHost() {
  stop();
}

Result<void> VmHost::serve(std::vector<BoundSocket> sockets) {
  Server::Options options{.quotas = options_.quotas, .log = options_.log};
  if (options_.sandbox) options.on_thread_start = restrict_worker;
  server_ = TRY(Server::create(loop_, executor_, std::move(options)));
  for (size_t i = 0; i < sockets.size(); ++i) {
    TRY(server_->listen(std::move(sockets[i]), options_.sockets[i].policy));
  }
  return devices_.serve(*server_, loop_);
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
  memory_watch_ = TRY(MemoryWatch::create(loop_, memory_, *faults_));
  return {};
}

Result<vmm::ExitReason> VmHost::run() {
  TRY(machine_->start());
  if (options_.sandbox) TRY(restrict_thread(ThreadRole::kControl));
  loop_.run();
  return machine_->wait();
}

void VmHost::stop() {
  // First the console: a vCPU that waits for its reader would not notice that it is to stop.
  console_->close();
  machine_->request_exit();
}

}  // namespace vm_control::vmhost
