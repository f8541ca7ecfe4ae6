// SPDX-License-Identifier: BSD-3-Clause
// The reference machine: RAM, CPUs, interrupt controllers and buses. The code that composes a
// machine adds its devices, and says what it boots.
//
//   auto machine = TRY(Machine::create({.cpus = 2}));
//   auto* serial = TRY(add_pc_devices(*machine, print));
//   TRY(boot_flat_image(*machine, image));     or boot_linux(): see boot.h
//   TRY(machine->start());                     vCPU threads run the guest
//   ExitReason reason = machine->wait();       until it resets, or request_exit()
//
// A guest can't end the process: if KVM can't go on with it, the machine stops, and its reason says
// why.
// Threads: one owner. Any thread calls request_pause(), request_resume(), request_exit(), stop()
// and state().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vm_control/kvm/cpuid.h"
#include "vm_control/kvm/vcpu.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/memory/guest_layout.h"
#include "vm_control/resources/memory_fault_sink.h"
#include "vmm/bus/bus.h"
#include "vmm/machine/device_manager.h"
#include "vmm/machine/exit_reason.h"
#include "vmm/machine/pause_gate.h"
#include "vmm/memory/guest_ram.h"

namespace vm_control::vmm {

class Machine {
 public:
  struct Options {
    uint64_t ram_size = uint64_t{128} << 20;  // bytes, a multiple of kPageSize
    GuestRam::Pages ram_pages = GuestRam::Pages::kTransparentHuge;
    uint32_t cpus = 1;
    std::optional<GuestAddress> device_memory_base;  // default: as GuestLayout says
    std::optional<uint64_t> device_memory_size;
    // Whether a window shows device memory: see WindowMapper. Otherwise each region has a KVM slot.
    bool has_window = false;
    // vCPU threads report vanished memory to it. It outlives the machine. Without one, an access to
    // such memory stops the machine.
    MemoryFaultSink* memory_faults = nullptr;
    // Each vCPU thread calls it before it enters the guest, to restrict itself. An error stops the
    // machine.
    std::function<Result<void>()> on_vcpu_start = [] { return Result<void>(); };
  };

  // Builds the machine; no guest code runs yet.
  //
  // Errors  EINVAL  no CPUs, or more than this host's KVM can run; what GuestLayout refuses, also
  //                 as ERANGE and EEXIST; what GuestRam refuses, also as ENOMEM.
  //         others  of Kvm::open() and of what KVM then refuses.
  static Result<std::unique_ptr<Machine>> create(const Options& options);

  // Stops the machine.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Where devices are added, before start().
  DeviceManager& devices() { return devices_; }

  // Starts the guest, once. Each vCPU gets a thread, named "vcpu0" and so on, with the caller's
  // signal mask. Errors: EAGAIN (no more threads); then the machine has stopped.
  Result<void> start();

  // Make the vCPUs stop running guest code, and go on; before start(), too. Both return at once,
  // and do nothing if there is nothing to do. The guest's clocks go on during a pause.
  void request_pause();
  void request_resume();

  // Makes the machine stop soon; before start() and in a pause, too. Returns at once. The first
  // reason counts.
  void stop(ExitReason reason);
  void request_exit() { stop({}); }

  // Presses the guest's power button; any thread. What comes of it is up to the guest.
  // Errors: ENOTSUP (the machine has none: it boots something that does not know of one).
  Result<void> press_power_button();
  // Gives the machine its power button: the interrupt that tells the guest of a press. Before
  // start().
  void set_power_button(Interrupt interrupt) { power_button_ = std::move(interrupt); }

  // kPaused only while no vCPU runs guest code; kExited once the started machine has stopped.
  VmState state() const { return gate_.state(); }
  // Readable when state() has changed, until its eventfd is read.
  EventFd& state_changed() { return gate_.changed(); }

  // Waits until the started machine has stopped; says why.
  ExitReason wait();

  // Readable once the started machine has stopped for any reason. From then on wait() does not
  // block.
  int stopped_fd() const { return stopped_.fd(); }

  const GuestLayout& layout() const { return layout_; }
  const GuestRam& ram() const { return ram_; }
  uint32_t cpus() const { return static_cast<uint32_t>(vcpus_.size()); }
  // The vCPUs, before start(). The first one starts the others, which wait for it.
  std::span<kvm::Vcpu> vcpus() { return vcpus_; }
  // The features that this host's KVM can give to a guest.
  const kvm::Cpuid& supported_cpuid() const { return cpuid_; }
  kvm::Vm& vm() { return vm_; }
  // The KVM slots that the RAM leaves for device memory: the first, and how many.
  Slot first_device_slot() const { return Slot(ram_.slots()); }
  uint32_t device_slot_count() const { return memory_slots_ - ram_.slots(); }

 private:
  // All that can fail to be made.
  struct Parts {
    GuestLayout layout;
    GuestRange mmio;
    GuestRam ram;
    uint32_t memory_slots;
    kvm::Cpuid cpuid;
    kvm::Vm vm;
    std::vector<kvm::Vcpu> vcpus;
    EventFd stopped;
    EventFd state_changed;
  };

  static Result<Parts> create_parts(const Options& options);
  Machine(Parts parts, const Options& options);

  void run_thread(uint32_t index);
  ExitReason run_vcpu_of(uint32_t index);
  void kick_all();
  void join();

  GuestLayout layout_;
  GuestRam ram_;  // outlives the VM, which refers to it
  uint32_t memory_slots_;
  kvm::Cpuid cpuid_;
  kvm::Vm vm_;
  Bus ports_;
  Bus memory_;
  DeviceManager devices_;
  std::optional<Interrupt> power_button_;
  std::vector<kvm::Vcpu> vcpus_;
  MemoryFaultSink* memory_faults_;
  std::function<Result<void>()> on_vcpu_start_;

  EventFd stopped_;
  PauseGate gate_;
  std::atomic<size_t> threads_left_{0};
  Mutex reason_mutex_;
  std::optional<ExitReason> reason_ GUARDED_BY(reason_mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace vm_control::vmm
