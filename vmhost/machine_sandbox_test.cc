// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <array>

#include "vm_control/base/memory_mapping.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/test_child.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/pc_devices.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmhost {
namespace {

using vmm::echo_by_interrupt;
using vmm::kDeviceMemory;
using vmm::Kind;
using vmm::KvmVirtualMachine;
using vmm::Machine;
using vmm::MachineTest;

// Runs in a child process, since a sandbox can't be left, and in the order that sandbox.h gives.
TEST_F(MachineTest, RunsInTheSandbox) {
  Ending ending = in_child([this] {
    Options with = options(echo_by_interrupt);
    with.cpus = 2;
    with.on_vcpu_start = [] { return restrict_thread(ThreadRole::kVcpu); };
    auto machine = Machine::create(with);
    IN_CHILD(machine);
    auto serial = vmm::add_pc_devices(**machine, console_.sink());
    IN_CHILD(serial);
    IN_CHILD(vmm::boot_flat_image(**machine, with.image));
    KvmVirtualMachine vm(**machine, [] {});
    IN_CHILD(restrict_process({}));
    IN_CHILD((*machine)->start());
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    IN_CHILD(console_.waits_for(">"));
    vm.request_pause();
    IN_CHILD(vmm::becomes_readable((*machine)->state_changed().fd()));
    auto memory = MemoryMapping::anonymous(kPageSize);
    GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), kPageSize);
    IN_CHILD(vm.add_memory((*machine)->first_device_slot(), range, memory->data(), {}));
    vm.request_resume();
    (*serial)->receive(std::array{std::byte{'q'}});
    IN_CHILD((*machine)->wait().kind == Kind::kReset);
    IN_CHILD(vm.remove_memory((*machine)->first_device_slot()));
    machine->reset();
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

}  // namespace
}  // namespace vm_control::vmhost
