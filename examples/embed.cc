// SPDX-License-Identifier: BSD-3-Clause
// The smallest VMM that serves the VM control protocol: KVM, no guest, any number of clients.
//
//   embed ./vm.sock &
//   vmctl memory register ./vm.sock --memfd 1M
//   vmctl stop ./vm.sock
#include <cstdio>
#include <string>
#include <utility>

#include "vm_control/balloon/absent_balloon.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/kvm/vm.h"
#include "vm_control/requests/executor.h"
#include "vm_control/resources/device_memory.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/resources/virtual_machine.h"
#include "vm_control/server/server.h"

namespace {

using namespace vm_control;

// [README
// The virtual machine as the control plane needs it. This one has KVM do the work.
class TinyVm final : public VirtualMachine {
 public:
  TinyVm(kvm::Vm vm, EventLoop& loop) : vm_(std::move(vm)), loop_(loop) {}

  Result<void> add_memory(Slot slot, GuestRange range, std::byte* host,
                          RegionFlags flags) override {
    return vm_.set_memory(slot, range, host, flags);
  }
  Result<void> remove_memory(Slot slot) override { return vm_.remove_memory(slot); }
  Result<void> register_ioevent(int event, const Ioevent& ioevent) override {
    return vm_.register_ioevent(event, ioevent);
  }
  Result<void> unregister_ioevent(int event, const Ioevent& ioevent) override {
    return vm_.unregister_ioevent(event, ioevent);
  }
  Result<void> register_irqfd(int event, uint32_t gsi) override {
    return vm_.register_irqfd(event, gsi);
  }
  Result<void> unregister_irqfd(int event, uint32_t gsi) override {
    return vm_.unregister_irqfd(event, gsi);
  }
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot) override {
    return vm_.take_dirty_log(slot);
  }
  // A VMM with vCPUs stops and starts them here.
  void request_pause() override { state_ = VmState::kPaused; }
  void request_resume() override { state_ = VmState::kRunning; }
  void request_exit() override { loop_.stop(); }
  Result<void> request_power_button() override { return fail(ENOTSUP, "press the power button"); }
  Info info() const override { return {.state = state_}; }

 private:
  kvm::Vm vm_;
  VmState state_ = VmState::kRunning;
  EventLoop& loop_;
};

Result<void> serve(const std::string& path) {
  EventLoop loop = TRY(EventLoop::create());
  kvm::Kvm kvm = TRY(kvm::Kvm::open());
  kvm::Vm machine = TRY(kvm::Vm::create(kvm));
  TinyVm vm(std::move(machine), loop);

  // Device memory: 1 GiB of guest addresses from 4 GiB on, a slot of KVM for each region.
  GuestRange window = TRY(GuestRange::create(GuestAddress(uint64_t{4} << 30), uint64_t{1} << 30));
  MemslotMapper mapper(vm);
  MountTable mounts = TRY(MountTable::create());
  DeviceMemory memory({.window = {window, mapper}}, Slot(0), kvm.capabilities().memory_slots,
                      std::move(mounts));
  AbsentBalloon balloon;
  MemfdAllocator gpu;

  Executor executor({.vm = vm, .memory = memory, .balloon = balloon, .gpu = &gpu});
  auto server = TRY(Server::create(loop, executor, {}));
  TRY(server->listen(path, SocketType::kSeqpacket));
  loop.run();
  return {};
}
// README]

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed SOCKET_PATH\n");
    return 2;
  }
  auto served = serve(argv[1]);
  if (served) return 0;
  std::fprintf(stderr, "embed: cannot %s\n", served.error().message().c_str());
  return 1;
}
