// SPDX-License-Identifier: BSD-3-Clause
// The composition root: a machine with Linux or the built-in guest, the server that controls it,
// its device processes and its sandbox. `vmctl run`, the integration tests and the benchmarks use
// it.
//
// Threads: the main thread, which runs the loop. The threads of the vCPUs, of the virtio devices,
// of the server and of the memory watch start inside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/mount_table.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/gpu_memory_allocator.h"
#include "vm_control/resources/memory_faults.h"
#include "vm_control/resources/memory_watch.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/resources/window_mapper.h"
#include "vm_control/server/server.h"
#include "vm_control/transport/bound_socket.h"
#include "vmhost/device_processes.h"
#include "vmhost/device_spec.h"
#include "vmhost/socket_spec.h"
#include "vmm/chardev/chardev.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/machine.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/balloon.h"
#include "vmm/virtio/device_thread.h"

namespace vm_control::vmhost {

class VmHost final {
 public:
  struct Options {
    std::vector<SocketSpec> sockets;
    // Booted instead of the built-in guest. create() reads its bytes, which need not live longer.
    std::optional<vmm::LinuxGuest> linux_guest;
    uint64_t ram_size = 0;
    vmm::GuestRam::Pages ram_pages = vmm::GuestRam::Pages::kTransparentHuge;
    uint32_t cpus = 1;
    std::string serial = "none";  // as vmm::create_chardev() takes it
    std::string gpu = "none";     // as create_gpu_allocator() takes it
    std::optional<GuestAddress> device_memory_base;
    std::optional<uint64_t> device_memory_size;
    // Whether regions are mapped into a window: see WindowMapper. Otherwise each has a memory slot.
    bool has_window = true;
    Quotas quotas;
    // With any, this process becomes the parent of their orphans, and ends all that stem from them:
    // see device_processes.h.
    std::vector<DeviceSpec> devices;
    // Whether create() and run() leave this process only the rights that the VM needs: see
    // vmhost/sandbox/sandbox.h. The process has no other threads then, and one thread calls both.
    bool sandbox = false;
    // Gets the lines of the log, on a thread of its own that may wait for their reader.
    std::function<void(std::string_view)> log = [](std::string_view) {};
  };

  // Builds the machine, and serves its sockets in `loop`, which outlives the VmHost. No guest code
  // runs before run(). Errors: those of the parts.
  static Result<std::unique_ptr<VmHost>> create(EventLoop& loop, const Options& options);
  ~VmHost();

  // Runs the guest and the loop until the guest stops. Returns why it stopped.
  Result<vmm::ExitReason> run();

  // Makes run() return soon.
  void stop();

  // Hands `line` to Options::log, without waiting for it. Before end().
  void log(std::string line) { server_->log(std::move(line)); }

  // After run(): ends the sessions, the sockets and the device processes. It waits a tenth of a
  // second for threads that peers keep in system calls, and then a second for the log. They may use
  // this object for longer: a process that must not wait for them leaves by _exit(2), and does not
  // destroy it.
  void end();

  // The guest's serial port, and its other end. The caller connects the two, and may filter what is
  // typed on its way to the port.
  vmm::Serial16550& serial() { return *serial_; }
  vmm::Chardev& console() { return *console_; }
  vmm::Machine& machine() { return *machine_; }
  // Serves more connections: see Server::adopt().
  Server& server() { return *server_; }

 private:
  // The lines that come before there is a thread that may wait for the log.
  using Lines = std::vector<std::string>;

  // The parts that create() opens and starts before it enters the sandbox, which forbids both.
  struct Parts {
    std::shared_ptr<Lines> lines;
    std::unique_ptr<GpuMemoryAllocator> gpu;
    std::unique_ptr<vmm::Chardev> console;
    std::unique_ptr<MemoryFaults> faults;
    EventLoop device_loop;
    std::unique_ptr<vmm::Machine> machine;
    vmm::Serial16550* serial;  // the machine's
    EventFd balloon_changed;
    vmm::VirtioBalloon* balloon;  // the machine's
    std::unique_ptr<vmm::KvmVirtualMachine> vm;
    std::unique_ptr<WindowMapper> window;  // null if there is none
    uint32_t max_regions;
    MountTable mounts;
    std::vector<BoundSocket> sockets;
    DeviceProcesses devices;
  };

  VmHost(EventLoop& loop, const Options& options, Parts parts);

  static Result<Parts> open_parts(const Options& options);
  DeviceMemory::Areas areas();
  Result<void> serve(std::vector<BoundSocket> sockets, const Lines& lines);
  Result<void> watch();
  Result<void> watch_output();
  Result<void> serve_devices();
  Result<void> watch_memory();

  EventLoop& loop_;
  Options options_;
  std::unique_ptr<MemoryFaults> faults_;
  std::unique_ptr<vmm::Chardev> console_;
  EventLoop device_loop_;
  std::unique_ptr<vmm::Machine> machine_;
  vmm::Serial16550* serial_;  // the machine's
  EventFd balloon_changed_;
  vmm::VirtioBalloon* balloon_;  // the machine's
  std::unique_ptr<GpuMemoryAllocator> gpu_;
  std::unique_ptr<vmm::KvmVirtualMachine> vm_;
  std::unique_ptr<WindowMapper> window_;  // null if there is none
  MemslotMapper memslots_;
  DeviceMemory memory_;
  Executor executor_;
  std::unique_ptr<vmm::DeviceThread> device_thread_;
  std::unique_ptr<ThreadRunner> memory_watch_;
  std::unique_ptr<Server> server_;
  std::optional<DeviceProcesses> devices_;  // end before their server
  std::vector<Watch> watches_;
};

}  // namespace vm_control::vmhost
