// SPDX-License-Identifier: BSD-3-Clause
// The reference machine: a PC of RAM, CPUs, a serial port and a reset line, that boots a flat
// 32-bit image.
//
//   auto machine = Machine::create({.image = image, .serial_output = print});
//   (*machine)->start();                      vCPU threads run the guest
//   ExitReason reason = (*machine)->wait();   until it resets, or request_exit()
//
// Nothing that a guest does ends the process: what KVM can't go on with ends the machine, with a
// reason that says why.
// Threads: one owner; request_pause(), request_resume(), request_exit(), state() and
// send_to_serial() by any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/kvm/vcpu.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/memory/guest_layout.h"
#include "vm_control/resources/memory_fault_sink.h"
#include "vmm/bus/port_bus.h"
#include "vmm/devices/i8042.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/machine/exit_reason.h"
#include "vmm/machine/guest_ram.h"
#include "vmm/machine/pause_gate.h"

namespace vm_control::vmm {

class Machine {
 public:
  struct Options {
    uint64_t ram_size = uint64_t{128} << 20;  // bytes, a multiple of kPageSize
    uint32_t cpus = 1;
    std::optional<GuestAddress> device_memory_base;  // default: as GuestLayout says
    std::optional<uint64_t> device_memory_size;
    std::span<const std::byte> image;  // entered at 1 MiB; copied
    SerialSink serial_output = [](std::span<const std::byte>) {};
    // Hears of memory that has gone, and outlives the machine. Without one, such memory ends it.
    MemoryFaultSink* memory_faults = nullptr;
    // Called by each vCPU thread before it enters the guest: the place to restrict it. What it
    // fails with ends the machine.
    std::function<Result<void>()> on_vcpu_start = [] { return Result<void>(); };
  };

  // Builds it; no guest code runs yet.
  //
  // Errors  EINVAL  no CPUs, or more than this host's KVM can; an empty image; what GuestLayout
  //                 refuses, also as ERANGE and EEXIST.
  //         EFBIG   the image does not fit into the RAM.
  //         others  of Kvm::open() and of what KVM then refuses.
  static Result<std::unique_ptr<Machine>> create(const Options& options);

  // Stops it.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Starts the guest: one thread a vCPU, "vcpu0" and so on, with this thread's signal mask. Once.
  // Errors: EAGAIN (no more threads); then the machine has stopped.
  Result<void> start();

  // Make the vCPUs stop running guest code, and go on; before start() too. They return at once, and
  // do nothing where there is nothing to do. The guest's clocks go on during a pause.
  void request_pause();
  void request_resume();

  // Makes the machine stop, before start() and in a pause too. Returns at once: it stops soon.
  void request_exit();

  // kPaused only while no vCPU runs guest code; kExited once the started machine has stopped.
  VmState state() const { return gate_.state(); }
  // Readable when state() has changed, until its eventfd is read.
  const EventFd& state_changed() const { return gate_.changed(); }

  // Waits until the started machine has stopped; says why. The first reason counts.
  ExitReason wait();

  // Readable once the started machine has stopped, whoever stopped it: then wait() does not block.
  int stopped_fd() const { return stopped_.fd(); }

  // As Serial16550::receive(): returns how many bytes there was room for. Any thread.
  size_t send_to_serial(std::span<const std::byte> input) { return serial_->receive(input); }
  // Readable when there is room again after a short send_to_serial(), until its eventfd is read.
  const EventFd& serial_room() const { return serial_->input_room(); }

  const GuestLayout& layout() const { return layout_; }
  uint32_t cpus() const { return static_cast<uint32_t>(vcpus_.size()); }
  kvm::Vm& vm() { return vm_; }
  // The slots that are left for device memory: from the first, so many.
  Slot first_device_slot() const { return Slot(ram_.slots()); }
  uint32_t device_slot_count() const { return kvm_.capabilities().memory_slots - ram_.slots(); }

 private:
  Machine(kvm::Kvm kvm, GuestLayout layout, GuestRam ram, kvm::Vm vm,
          std::unique_ptr<Serial16550> serial, EventFd stopped, EventFd state_changed);

  Result<void> add_interrupt_controllers();
  Result<void> add_vcpus(uint32_t count, const kvm::Cpuid& supported);
  Result<void> add_devices();
  void run_thread(uint32_t index);
  ExitReason run_vcpu_of(uint32_t index);
  void stop(ExitReason reason);
  void kick_all();
  void join();

  kvm::Kvm kvm_;
  GuestLayout layout_;
  GuestRam ram_;  // outlives the VM, which refers to it
  kvm::Vm vm_;
  std::unique_ptr<Serial16550> serial_;
  I8042 keyboard_controller_;
  PortBus ports_;
  std::vector<kvm::Vcpu> vcpus_;
  MemoryFaultSink* memory_faults_ = nullptr;
  std::function<Result<void>()> on_vcpu_start_;

  EventFd stopped_;
  PauseGate gate_;
  std::atomic<size_t> threads_left_{0};
  std::mutex reason_mutex_;
  std::optional<ExitReason> reason_;
  std::vector<std::thread> threads_;
};

}  // namespace vm_control::vmm
