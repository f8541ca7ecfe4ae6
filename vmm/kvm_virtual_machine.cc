// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/kvm_virtual_machine.h"

namespace vm_control::vmm {

Result<void> KvmVirtualMachine::add_memory(Slot slot, GuestRange range, std::byte* host,
                                           RegionFlags flags) {
  return machine_.vm().set_memory(slot, range, host, flags);
}

Result<void> KvmVirtualMachine::remove_memory(Slot slot) {
  return machine_.vm().remove_memory(slot);
}

Result<void> KvmVirtualMachine::register_ioevent(int event, const Ioevent& ioevent) {
  return machine_.vm().register_ioevent(event, ioevent);
}

Result<void> KvmVirtualMachine::register_irqfd(int event, uint32_t gsi) {
  return machine_.vm().register_irqfd(event, gsi);
}

void KvmVirtualMachine::request_exit() {
  exit_();
}

}  // namespace vm_control::vmm
