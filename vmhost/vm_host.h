// SPDX-License-Identifier: BSD-3-Clause
// A running machine and the control plane that serves it: what `vmctl run` starts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm_control/balloon/absent_balloon.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/mount_table.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/gpu_memory_allocator.h"
#include "vm_control/resources/memory_faults.h"
#include "vm_control/resources/memory_watch.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/server/server.h"
#include "vm_control/transport/bound_socket.h"
#include "vmhost/device_processes.h"
#include "vmhost/device_spec.h"
#include "vmhost/socket_spec.h"
#include "vmm/chardev/chardev.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmhost {

class VmHost final {
 public:
  struct Options {
    std::vector<SocketSpec> sockets;
    uint64_t ram_size = 0;
    uint32_t cpus = 1;
    std::string serial;
    std::string gpu;
    std::optional<GuestAddress> device_memory_base;
    std::optional<uint64_t> device_memory_size;
    Quotas quotas;
    std::vector<DeviceSpec> devices;
    // Whether to leave this process, from then on, no more than the VM needs: see
    // vmhost/sandbox/sandbox.h. It has no threads yet, then, and run() is called by the same one.
    bool sandbox = false;
    std::function<void(std::string_view)> log;
  };

  // Builds the machine with the built-in guest, and serves its sockets in `loop`, which outlives
  // this. No guest code runs yet. Errors: those of the parts.
  static Result<std::unique_ptr<VmHost>> create(EventLoop& loop, const Options& options);
  ~VmHost();

  // Starts the guest, and serves it until it stops; says why it did.
  Result<vmm::ExitReason> run();

  // Makes run() return soon.
  void stop();

  // The guest's serial port, and its other end. Input may be looked at on its way to the port.
  vmm::Serial16550& serial() { return *serial_; }
  vmm::Chardev& console() { return *console_; }
  vmm::Machine& machine() { return *machine_; }

 private:
  // What takes files and processes to make.
  struct Parts {
    std::unique_ptr<GpuMemoryAllocator> gpu;
    std::unique_ptr<vmm::Chardev> console;
    std::unique_ptr<MemoryFaults> faults;
    std::unique_ptr<vmm::Machine> machine;
    vmm::Serial16550* serial = nullptr;  // the machine's
    std::optional<MountTable> mounts;
    std::vector<BoundSocket> sockets;
    std::optional<DeviceProcesses> devices;
  };

  VmHost(EventLoop& loop, const Options& options, Parts& parts);

  static Result<Parts> open_parts(const Options& options);
  Result<void> serve(std::vector<BoundSocket> sockets);
  Result<void> watch();

  EventLoop& loop_;
  Options options_;
  std::unique_ptr<MemoryFaults> faults_;
  std::unique_ptr<vmm::Chardev> console_;
  std::unique_ptr<vmm::Machine> machine_;
  vmm::Serial16550* serial_;  // the machine's
  std::unique_ptr<GpuMemoryAllocator> gpu_;
  vmm::KvmVirtualMachine vm_;
  MemslotMapper mapper_;
  DeviceMemory memory_;
  AbsentBalloon balloon_;
  Executor executor_;
  std::unique_ptr<MemoryWatch> memory_watch_;
  std::unique_ptr<Server> server_;
  DeviceProcesses devices_;  // go before their server
  std::vector<Watch> watches_;
};

}  // namespace vm_control::vmhost
