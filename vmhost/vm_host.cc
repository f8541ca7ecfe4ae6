// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/vm_host.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "guest/monitor_image.h"
#include "vm_control/base/error.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/gpu_allocators.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/pc_devices.h"

namespace vm_control::vmhost {
namespace {

vmm::Machine::Options machine_options(const VmHost::Options& options, MemoryFaults& faults) {
  vmm::Machine::Options machine{.ram_size = options.ram_size,
                                .ram_pages = options.ram_pages,
                                .cpus = options.cpus,
                                .device_memory_base = options.device_memory_base,
                                .device_memory_size = options.device_memory_size,
                                .has_window = options.has_window,
                                .memory_faults = &faults};
  if (!options.linux_guest && !machine.device_memory_base) {
    machine.device_memory_base = GuestAddress(guest::kMonitorDeviceMemory);
  }
  if (options.sandbox) {
    machine.on_vcpu_start = [] { return restrict_thread(ThreadRole::kVcpu); };
  }
  return machine;
}

// Restricts a thread that serves peers or devices, and ends the process if that fails: the thread
// must not run unrestricted, and has nobody to report to.
void restrict_or_end(ThreadRole role) {
  auto restricted = restrict_thread(role);
  if (restricted) return;
  std::fprintf(stderr, "cannot %s\n", restricted.error().message().c_str());
  std::abort();
}

// Each thread other than vCPUs calls this first.
std::function<void()> on_thread_start(const VmHost::Options& options,
                                      ThreadRole role = ThreadRole::kPrincipal) {
  if (options.sandbox) return [role] { restrict_or_end(role); };
  return [] {};
}

// Keeps the right to remove the sockets from their directories, which happens at the end. Returns
// what the sandbox consists of.
Result<std::string> enter_sandbox(const VmHost::Options& options, const vmm::Chardev& console,
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
  return "sandbox: seccomp, " + landlock + ", " + capabilities;
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
  bool is_reached = options.linux_guest || options.device_memory_base;
  if (is_reached || options.ram_size <= guest::kMonitorDeviceMemory) return {};
  return fail(EINVAL, "give the built-in guest more than 2 GiB of RAM: device memory is there",
              "(--device-memory-base moves it)");
}

// Gives `machine` a balloon, and returns it. Its changes signal `changed`.
Result<vmm::VirtioBalloon*> add_balloon(vmm::Machine& machine, EventLoop& loop,
                                        const EventFd& changed) {
  EventFd signal = TRY(changed.duplicate());
  auto balloon = TRY(vmm::VirtioBalloon::create(
      machine.ram(), loop,
      {.on_change = [signal = std::move(signal)]() mutable { signal.signal(); }}));
  vmm::VirtioBalloon* added = balloon.get();
  TRY(machine.devices().add_virtio(machine.ram(), std::move(balloon), loop));
  return added;
}

Result<std::vector<BoundSocket>> bind_sockets(const VmHost::Options& options) {
  std::vector<BoundSocket> sockets;
  for (const SocketSpec& socket : options.sockets) {
    const SocketPolicy& policy = socket.policy;
    sockets.push_back(TRY(BoundSocket::bind(socket.path, socket.type, policy.mode, policy.uids)));
  }
  return sockets;
}

Result<void> boot(vmm::Machine& machine, const VmHost::Options& options) {
  if (options.linux_guest) return vmm::boot_linux(machine, *options.linux_guest);
  return vmm::boot_flat_image(machine, guest::monitor_image());
}

}  // namespace

Result<std::unique_ptr<VmHost>> VmHost::create(EventLoop& loop, const Options& options) {
  // The sandbox lies between files and processes on one side and threads on the other.
  Parts parts = TRY(open_parts(options));
  auto lines = parts.lines;
  if (options.sandbox) {
    lines->push_back(TRY(enter_sandbox(options, *parts.console, parts.sockets)));
  }
  auto sockets = std::move(parts.sockets);
  std::unique_ptr<VmHost> vm(new VmHost(loop, options, std::move(parts)));
  TRY(vm->watch_memory());
  TRY(vm->serve_devices());
  TRY(vm->serve(std::move(sockets), *lines));
  TRY(vm->watch());
  TRY(vm->watch_output());
  vm->console_->keep_file();
  return vm;
}

// What touches files and starts processes comes last, when all else that can fail has been done.
Result<VmHost::Parts> VmHost::open_parts(const Options& options) {
  auto lines = std::make_shared<Lines>();
  auto gpu = TRY(create_gpu_allocator(options.gpu));
  TRY(check_ram(options));
  for (const SocketSpec& socket : options.sockets) TRY(socket.policy.check());
  auto faults = TRY(MemoryFaults::create());
  EventLoop device_loop = TRY(EventLoop::create());
  auto machine = TRY(vmm::Machine::create(machine_options(options, *faults)));
  auto far_end = std::make_shared<vmm::Chardev*>(nullptr);  // no vCPU runs before it is set
  auto* serial = TRY(vmm::add_pc_devices(
      *machine, [far_end](std::span<const std::byte> bytes) { (*far_end)->write(bytes); }));
  EventFd balloon_changed = TRY(EventFd::create());
  auto* balloon = TRY(add_balloon(*machine, device_loop, balloon_changed));
  TRY(boot(*machine, options));
  auto vm = std::make_unique<vmm::KvmVirtualMachine>(*machine, [far_end, machine = machine.get()] {
    // The console closes first: a vCPU that waits for its reader would not see the request.
    (*far_end)->close();
    machine->request_exit();
  });
  uint32_t max_regions = TRY(count_regions(*machine, options.has_window));
  std::unique_ptr<WindowMapper> window;
  if (options.has_window) {
    window = TRY(WindowMapper::create(*vm, last_slot(*machine), machine->layout().window()));
  }
  MountTable mounts = TRY(MountTable::create());
  std::vector<BoundSocket> sockets = TRY(bind_sockets(options));
  auto console = TRY(vmm::create_chardev(options.serial, on_thread_start(options)));
  *far_end = console.get();
  auto log = [lines](std::string_view line) { lines->emplace_back(line); };
  auto devices = TRY(DeviceProcesses::start(options.devices, log));
  return Parts{.lines = std::move(lines),
               .gpu = std::move(gpu),
               .console = std::move(console),
               .faults = std::move(faults),
               .device_loop = std::move(device_loop),
               .machine = std::move(machine),
               .serial = serial,
               .balloon_changed = std::move(balloon_changed),
               .balloon = balloon,
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
      device_loop_(std::move(parts.device_loop)),
      machine_(std::move(parts.machine)),
      serial_(parts.serial),
      balloon_changed_(std::move(parts.balloon_changed)),
      balloon_(parts.balloon),
      gpu_(std::move(parts.gpu)),
      vm_(std::move(parts.vm)),
      window_(std::move(parts.window)),
      memslots_(*vm_),
      memory_(areas(), machine_->first_device_slot(), parts.max_regions, std::move(parts.mounts)),
      executor_({.vm = *vm_,
                 .memory = memory_,
                 .balloon = *balloon_,
                 .gpu = gpu_.get(),
                 .layout = &machine_->layout()}),
      devices_(std::move(parts.devices)) {}

VmHost::~VmHost() {
  end();
}

DeviceMemory::Areas VmHost::areas() {
  const GuestLayout& layout = machine_->layout();
  if (!window_) return {.window = {layout.window(), memslots_}};
  std::optional<DeviceMemory::Area> memslots;
  if (layout.memslots()) memslots.emplace(DeviceMemory::Area{*layout.memslots(), memslots_});
  return {.window = {layout.window(), *window_}, .memslots = memslots};
}

Result<void> VmHost::serve(std::vector<BoundSocket> sockets, const Lines& lines) {
  Server::Options options{
      .quotas = options_.quotas, .log = options_.log, .on_thread_start = on_thread_start(options_)};
  server_ = TRY(Server::create(loop_, executor_, std::move(options)));
  for (const std::string& line : lines) log(line);
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
  TRY(watch(balloon_changed_.fd(), [this](uint32_t) {
    balloon_changed_.take();
    server_->on_balloon_changed();
  }));
  return {};
}

// A guest that can't be heard runs on.
Result<void> VmHost::watch_output() {
  vmm::LostOutput* lost = console_->lost_output();
  if (!lost) return {};
  watches_.push_back(TRY(loop_.watch(lost->began().fd(), EPOLLIN, [this, lost](uint32_t) {
    lost->began().take();
    log("the serial port's output can't be written, and is lost: " +
        describe_errno(lost->first_code()));
  })));
  return {};
}

Result<void> VmHost::serve_devices() {
  device_thread_ =
      TRY(vmm::DeviceThread::start(device_loop_, on_thread_start(options_, ThreadRole::kDevice)));
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
  constexpr std::chrono::seconds kPatienceWithTheLog(1);
  stop();
  watches_.clear();
  devices_.reset();
  if (server_) {
    vmm::LostOutput* lost = console_->lost_output();
    if (lost && lost->bytes() > 0) {
      log(std::to_string(lost->bytes()) + " bytes of the serial port's output were lost");
    }
    auto lines = server_->log_queue();
    server_.reset();
    lines->flush(kPatienceWithTheLog);
  }
  console_.reset();
}

void VmHost::stop() {
  vm_->request_exit();
}

}  // namespace vm_control::vmhost
