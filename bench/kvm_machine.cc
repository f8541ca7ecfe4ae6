// SPDX-License-Identifier: BSD-3-Clause
#include "bench/kvm_machine.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/kvm/kvm.h"

namespace vm_control::bench {
namespace {

constexpr uint64_t kRamSize = 16 << 20;

}  // namespace

Result<KvmMachine> KvmMachine::create() {
  kvm::Kvm kvm = TRY(kvm::Kvm::open());
  MemoryMapping ram = TRY(MemoryMapping::anonymous(kRamSize));
  kvm::Vm vm = TRY(kvm::Vm::create(kvm));
  GuestRange range = TRY(GuestRange::create(GuestAddress(0), kRamSize));
  TRY(vm.set_memory(Slot(0), range, ram.data(), {}));
  return KvmMachine(std::move(ram), std::move(vm));
}

Result<void> KvmMachine::add_memory(Slot slot, GuestRange range, std::byte* host,
                                    RegionFlags flags) {
  return vm_.set_memory(slot, range, host, flags);
}

Result<void> KvmMachine::remove_memory(Slot slot) {
  return vm_.remove_memory(slot);
}

Result<void> KvmMachine::register_ioevent(int event, const Ioevent& ioevent) {
  return vm_.register_ioevent(event, ioevent);
}

Result<void> KvmMachine::register_irqfd(int event, uint32_t gsi) {
  return vm_.register_irqfd(event, gsi);
}

Result<void> KvmMachine::unregister_ioevent(int event, const Ioevent& ioevent) {
  return vm_.unregister_ioevent(event, ioevent);
}

Result<void> KvmMachine::unregister_irqfd(int event, uint32_t gsi) {
  return vm_.unregister_irqfd(event, gsi);
}

Result<std::vector<uint64_t>> KvmMachine::take_dirty_log(Slot slot) {
  return vm_.take_dirty_log(slot);
}

}  // namespace vm_control::bench
