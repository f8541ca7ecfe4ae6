// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/machine.h"

#include <pthread.h>

#include <string>
#include <system_error>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/kvm/kvm.h"
#include "vmm/boot/cpuid.h"
#include "vmm/machine/vcpu_loop.h"

namespace vm_control::vmm {
namespace {

// KVM's own pages in the 32-bit hole, where QEMU has them too: a page, and three after it.
constexpr GuestAddress kIdentityMap(0xfffb'c000);
constexpr GuestAddress kTss(0xfffb'd000);
constexpr uint64_t kLastPort = 0xffff;

Result<void> check_cpus(uint32_t cpus, const kvm::Capabilities& can) {
  if (cpus >= 1 && cpus <= can.max_vcpus) return {};
  return fail(
      EINVAL, "create a machine",
      "of " + std::to_string(cpus) + " CPUs (KVM can 1 to " + std::to_string(can.max_vcpus) + ")");
}

Result<void> add_interrupt_controllers(kvm::Vm& vm) {
  TRY(vm.set_identity_map_address(kIdentityMap));
  TRY(vm.set_tss_address(kTss));
  TRY(vm.create_irqchip());
  return vm.create_pit();
}

Result<std::vector<kvm::Vcpu>> create_vcpus(const kvm::Kvm& kvm, const kvm::Vm& vm, uint32_t count,
                                            const kvm::Cpuid& supported) {
  std::vector<kvm::Vcpu> vcpus;
  for (uint32_t index = 0; index < count; ++index) {
    kvm::Vcpu vcpu = TRY(kvm::Vcpu::create(kvm, vm, index));
    TRY(vcpu.set_cpuid(cpuid_of_vcpu(supported, {.index = index, .cpus = count},
                                     kvm.capabilities().tsc_deadline_timer)));
    vcpus.push_back(std::move(vcpu));
  }
  return vcpus;
}

// The part of the 32-bit hole that is below the doorbells and the interrupt controllers.
Result<GuestRange> mmio_window(GuestRange hole) {
  return GuestRange::create(hole.start(), GuestLayout::kDoorbells.value() - hole.start().value());
}

}  // namespace

Result<std::unique_ptr<Machine>> Machine::create(const Options& options) {
  Parts parts = TRY(create_parts(options));
  return std::unique_ptr<Machine>(new Machine(std::move(parts), options));
}

Result<Machine::Parts> Machine::create_parts(const Options& options) {
  kvm::Kvm kvm = TRY(kvm::Kvm::open());
  TRY(check_cpus(options.cpus, kvm.capabilities()));
  kvm::Cpuid cpuid = TRY(kvm.supported_cpuid());
  GuestLayout layout = TRY(GuestLayout::create({.ram_size = options.ram_size,
                                                .physical_bits = kvm::guest_physical_bits(cpuid),
                                                .device_memory_base = options.device_memory_base,
                                                .device_memory_size = options.device_memory_size,
                                                .has_memslots = options.has_window}));
  GuestRange mmio = TRY(mmio_window(layout.hole()));
  GuestRam ram = TRY(GuestRam::create(layout.ram(), options.ram_pages));
  kvm::Vm vm = TRY(kvm::Vm::create(kvm));
  TRY(ram.add_to(vm));
  TRY(add_interrupt_controllers(vm));
  auto vcpus = TRY(create_vcpus(kvm, vm, options.cpus, cpuid));
  EventFd stopped = TRY(EventFd::create());
  EventFd state_changed = TRY(EventFd::create());
  return Parts{.layout = std::move(layout),
               .mmio = mmio,
               .ram = std::move(ram),
               .memory_slots = kvm.capabilities().memory_slots,
               .cpuid = std::move(cpuid),
               .vm = std::move(vm),
               .vcpus = std::move(vcpus),
               .stopped = std::move(stopped),
               .state_changed = std::move(state_changed)};
}

Machine::Machine(Parts parts, const Options& options)
    : layout_(std::move(parts.layout)),
      ram_(std::move(parts.ram)),
      memory_slots_(parts.memory_slots),
      cpuid_(std::move(parts.cpuid)),
      vm_(std::move(parts.vm)),
      ports_(kLastPort),
      memory_(UINT64_MAX),
      devices_(vm_, ports_, memory_, parts.mmio),
      vcpus_(std::move(parts.vcpus)),
      memory_faults_(options.memory_faults),
      on_vcpu_start_(options.on_vcpu_start),
      stopped_(std::move(parts.stopped)),
      gate_(std::move(parts.state_changed)) {}

Machine::~Machine() {
  request_exit();
  join();
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
  return run_vcpu(vcpus_[index], {.index = index,
                                  .ports = ports_,
                                  .memory = memory_,
                                  .gate = gate_,
                                  .memory_faults = memory_faults_});
}

void Machine::request_pause() {
  gate_.pause();
  kick_all();
}

void Machine::request_resume() {
  gate_.resume();
}

Result<void> Machine::press_power_button() {
  if (!power_button_) return fail(ENOTSUP, "press the power button of a machine without one");
  power_button_->raise();
  return {};
}

void Machine::stop(ExitReason reason) {
  {
    MutexLock lock(reason_mutex_);
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
  MutexLock lock(reason_mutex_);
  return reason_.value_or(ExitReason{});
}

void Machine::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace vm_control::vmm
