// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/served_vm.h"

#include <sys/epoll.h>

#include <utility>

#include "guest/monitor_image.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/gpu_allocators.h"

namespace vm_control::vmctl {
namespace {

vmm::Machine::Options machine_options(const ServedVm::Options& options, vmm::Console& console,
                                      vmm::MemoryFaults& faults) {
  GuestAddress monitor_base(guest::kMonitorDeviceMemory);
  return {.ram_size = options.ram_size,
          .cpus = options.cpus,
          .device_memory_base = options.device_memory_base.value_or(monitor_base),
          .device_memory_size = options.device_memory_size,
          .image = guest::monitor_image(),
          .serial_output = [&console](std::span<const std::byte> bytes) { console.write(bytes); },
          .memory_faults = &faults};
}

// The built-in guest reaches 4 GiB: what is beyond its device memory it would never see.
Result<void> check_ram(const ServedVm::Options& options) {
  if (options.device_memory_base || options.ram_size <= guest::kMonitorDeviceMemory) return {};
  return fail(EINVAL, "give the built-in guest more than 2 GiB of RAM: device memory is there",
              "(--device-memory-base moves it)");
}

}  // namespace

Result<std::unique_ptr<ServedVm>> ServedVm::create(EventLoop& loop, const Options& options) {
  auto gpu = TRY(create_gpu_allocator(options.gpu));
  auto console = TRY(vmm::create_console(options.serial));
  TRY(check_ram(options));
  auto faults = TRY(vmm::MemoryFaults::create());
  auto machine = TRY(vmm::Machine::create(machine_options(options, *console, *faults)));
  MountTable mounts = TRY(MountTable::create());
  std::unique_ptr<ServedVm> vm(new ServedVm(loop, std::move(faults), std::move(console),
                                            std::move(machine), std::move(gpu),
                                            std::move(mounts)));
  vm->server_ = TRY(
      Server::create(loop, vm->executor_, {.quotas = options.quotas, .log = options.log}));
  for (const SocketSpec& socket : options.sockets) {
    TRY(vm->server_->listen(socket.path, socket.type, socket.policy));
  }
  TRY(vm->watch());
  return vm;
}

ServedVm::ServedVm(EventLoop& loop, std::unique_ptr<vmm::MemoryFaults> faults,
                   std::unique_ptr<vmm::Console> console, std::unique_ptr<vmm::Machine> machine,
                   std::unique_ptr<GpuMemoryAllocator> gpu, MountTable mounts)
    : loop_(loop),
      faults_(std::move(faults)),
      console_(std::move(console)),
      machine_(std::move(machine)),
      gpu_(std::move(gpu)),
      vm_(*machine_, [this] { stop(); }),
      backing_(vm_),
      memory_(machine_->layout().device_memory(), machine_->first_device_slot(),
              machine_->device_slot_count(), backing_, std::move(mounts)),
      executor_({.vm = vm_,
                 .memory = memory_,
                 .balloon = balloon_,
                 .gpu = gpu_.get(),
                 .layout = &machine_->layout()}) {}

ServedVm::~ServedVm() {
  stop();
}

Result<void> ServedVm::watch() {
  auto watch = [this](int fd, std::function<void()> on_readable) -> Result<void> {
    watches_.push_back(TRY(FdWatch::create(loop_, fd, std::move(on_readable))));
    return {};
  };
  TRY(watch(machine_->stopped_fd(), [this] { loop_.stop(); }));
  TRY(watch(machine_->state_changed().fd(), [this] {
    machine_->state_changed().take();
    server_->on_state_changed();
  }));
  return watch(faults_->event().fd(), [this] { serve_memory_faults(); });
}

void ServedVm::serve_memory_faults() {
  faults_->serve([this](auto where) { return server_->on_memory_fault(where); },
                 [this] { return server_->check_memory(); });
}

Result<vmm::ExitReason> ServedVm::run() {
  TRY(machine_->start());
  loop_.run();
  return machine_->wait();
}

void ServedVm::stop() {
  // First the console: a vCPU that waits for its reader would not notice that it is to stop.
  console_->close();
  machine_->request_exit();
}

}  // namespace vm_control::vmctl
