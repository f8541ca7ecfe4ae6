// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/machine.h"

#include <pthread.h>

#include <string>
#include <system_error>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/boot/cpuid.h"
#include "vmm/boot/flat_image.h"
#include "vmm/machine/vcpu_loop.h"

namespace vm_control::vmm {
namespace {

// In the 32-bit hole, where QEMU has them too: a page, and three after it.
constexpr GuestAddress kIdentityMap(0xfffb'c000);
constexpr GuestAddress kTss(0xfffb'd000);

Result<void> check_cpus(uint32_t cpus, const kvm::Capabilities& can) {
  if (cpus >= 1 && cpus <= can.max_vcpus) return {};
  return fail(
      EINVAL, "create a machine",
      "of " + std::to_string(cpus) + " CPUs (KVM can 1 to " + std::to_string(can.max_vcpus) + ")");
}

}  // namespace

Result<std::unique_ptr<Machine>> Machine::create(const Options& options) {
  kvm::Kvm kvm = TRY(kvm::Kvm::open());
  TRY(check_cpus(options.cpus, kvm.capabilities()));
  kvm::Cpuid cpuid = TRY(kvm.supported_cpuid());
  GuestLayout layout = TRY(GuestLayout::create({.ram_size = options.ram_size,
                                                .physical_bits = kvm::guest_physical_bits(cpuid),
                                                .device_memory_base = options.device_memory_base,
                                                .device_memory_size = options.device_memory_size}));
  GuestRam ram = TRY(GuestRam::create(layout.ram()));
  TRY(load_flat_image(options.image, ram.low()));
  kvm::Vm vm = TRY(kvm::Vm::create(kvm));
  TRY(ram.add_to(vm));
  auto serial = TRY(Serial16550::create(options.serial_output));
  EventFd stopped = TRY(EventFd::create());
  EventFd state_changed = TRY(EventFd::create());
  std::unique_ptr<Machine> machine(new Machine(std::move(kvm), std::move(layout), std::move(ram),
                                               std::move(vm), std::move(serial), std::move(stopped),
                                               std::move(state_changed)));
  machine->memory_faults_ = options.memory_faults;
  machine->on_vcpu_start_ = options.on_vcpu_start;
  TRY(machine->add_interrupt_controllers());
  TRY(machine->add_vcpus(options.cpus, cpuid));
  TRY(machine->add_devices());
  return machine;
}

Machine::Machine(kvm::Kvm kvm, GuestLayout layout, GuestRam ram, kvm::Vm vm,
                 std::unique_ptr<Serial16550> serial, EventFd stopped, EventFd state_changed)
    : kvm_(std::move(kvm)),
      layout_(std::move(layout)),
      ram_(std::move(ram)),
      vm_(std::move(vm)),
      serial_(std::move(serial)),
      keyboard_controller_([this] { stop({.kind = ExitReason::Kind::kReset, .detail = {}}); }),
      stopped_(std::move(stopped)),
      gate_(std::move(state_changed)) {}

Machine::~Machine() {
  request_exit();
  join();
}

Result<void> Machine::add_interrupt_controllers() {
  TRY(vm_.set_identity_map_address(kIdentityMap));
  TRY(vm_.set_tss_address(kTss));
  TRY(vm_.create_irqchip());
  return vm_.create_pit();
}

Result<void> Machine::add_vcpus(uint32_t count, const kvm::Cpuid& supported) {
  for (uint32_t index = 0; index < count; ++index) {
    kvm::Vcpu vcpu = TRY(kvm::Vcpu::create(kvm_, vm_, index));
    TRY(vcpu.set_cpuid(cpuid_of_vcpu(supported, index)));
    vcpus_.push_back(std::move(vcpu));
  }
  // The others wait for the first to start them.
  return enter_flat_image(vcpus_.front(), ram_.low().size(), layout_.device_memory().start());
}

Result<void> Machine::add_devices() {
  TRY(ports_.add(Serial16550::kPort, Serial16550::kPorts, *serial_));
  TRY(ports_.add(I8042::kPort, I8042::kPorts, keyboard_controller_));
  return vm_.register_irqfd(serial_->interrupt().fd(), Serial16550::kGsi);
}

Result<void> Machine::start() {
  threads_left_ = vcpus_.size();
  try {
    for (uint32_t index = 0; index < vcpus_.size(); ++index) {
      threads_.emplace_back([this, index] { run_thread(index); });
    }
  } catch (const std::system_error& error) {
    request_exit();
    join();
    gate_.set_exited();
    return fail(error.code().value(), "start a vCPU thread");
  }
  return {};
}

void Machine::run_thread(uint32_t index) {
  pthread_setname_np(pthread_self(), ("vcpu" + std::to_string(index)).c_str());
  stop(run_vcpu_of(index));
  if (--threads_left_ > 0) return;
  gate_.set_exited();
  stopped_.signal();
}

ExitReason Machine::run_vcpu_of(uint32_t index) {
  if (auto started = on_vcpu_start_(); !started) {
    return {.kind = ExitReason::Kind::kError,
            .detail = "vCPU " + std::to_string(index) + ": " + started.error().message()};
  }
  return run_vcpu(
      vcpus_[index],
      {.index = index, .ports = ports_, .gate = gate_, .memory_faults = memory_faults_});
}

void Machine::request_pause() {
  gate_.pause();
  kick_all();
}

void Machine::request_resume() {
  gate_.resume();
}

void Machine::request_exit() {
  stop({});
}

void Machine::stop(ExitReason reason) {
  {
    std::lock_guard lock(reason_mutex_);
    if (!reason_) reason_ = std::move(reason);
  }
  gate_.stop();
  if (memory_faults_) memory_faults_->stop();
  kick_all();
}

void Machine::kick_all() {
  for (kvm::Vcpu& vcpu : vcpus_) vcpu.kick();
}

ExitReason Machine::wait() {
  join();
  std::lock_guard lock(reason_mutex_);
  return reason_.value_or(ExitReason{});
}

void Machine::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace vm_control::vmm
