// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/kvm_virtual_machine.h"

namespace vm_control::vmm {

Result<void> KvmVirtualMachine::add_memory(Slot slot, GuestRange range, std::byte* host,
                                           RegionFlags flags) {
  return machine_.vm().set_memory(slot, range, host, flags);
}

Result<void> KvmVirtualMachine::remove_memory(Slot slot) {
  return machine_.vm().remove_memory(slot);
}

Result<std::vector<uint64_t>> KvmVirtualMachine::take_dirty_log(Slot slot) {
  return machine_.vm().take_dirty_log(slot);
}

Result<void> KvmVirtualMachine::register_ioevent(int event, const Ioevent& ioevent) {
  if (machine_.devices().has_device_at(ioevent)) {
    return fail(EACCES, "register an ioevent where the machine has a device");
  }
  return machine_.vm().register_ioevent(event, ioevent);
}

Result<void> KvmVirtualMachine::unregister_ioevent(int event, const Ioevent& ioevent) {
  return machine_.vm().unregister_ioevent(event, ioevent);
}

Result<void> KvmVirtualMachine::register_irqfd(int event, uint32_t gsi) {
  if (machine_.devices().has_interrupt(gsi)) {
    return fail(EACCES, "register an irqfd for an interrupt of a device of the machine");
  }
  return machine_.vm().register_irqfd(event, gsi);
}

Result<void> KvmVirtualMachine::unregister_irqfd(int event, uint32_t gsi) {
  return machine_.vm().unregister_irqfd(event, gsi);
}

void KvmVirtualMachine::request_pause() {
  machine_.request_pause();
}

void KvmVirtualMachine::request_resume() {
  machine_.request_resume();
}

void KvmVirtualMachine::request_exit() {
  exit_();
}

Result<void> KvmVirtualMachine::request_power_button() {
  return machine_.press_power_button();
}

VirtualMachine::Info KvmVirtualMachine::info() const {
  Info info{.state = machine_.state(), .vcpus = machine_.cpus(), .ram_bytes = 0};
  for (GuestRange range : machine_.layout().ram()) info.ram_bytes += range.size();
  return info;
}

}  // namespace vm_control::vmm
