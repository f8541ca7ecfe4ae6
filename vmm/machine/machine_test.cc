// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/machine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "vm_control/kvm/guest_code.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/kvm_virtual_machine.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmm {
namespace {

GUEST_CODE32(sleep, "cli; 1: hlt; jmp 1b");
GUEST_CODE32(triple_fault, "ud2");
// Jumps to where there is no memory: KVM can neither run nor emulate what it finds there.
GUEST_CODE32(jump_to_nothing, "mov $0x80000000, %eax; jmp *%eax");
// The four bytes of EBX, lowest first.
GUEST_CODE32(print_ram_size,
             "mov $4, %ecx; mov $0x3f8, %dx;"
             "1: mov %bl, %al; out %al, %dx; shr $8, %ebx; loop 1b;" RESET);
// Writes to an address and reads it and a port, where there is nothing. Prints "1" if both read as
// ones.
GUEST_CODE32(touch_nothing,
             "movl $0x12345678, 0x80000000; mov 0x80000000, %eax;"
             "inc %eax; jnz 2f; mov $0x1234, %dx; in %dx, %eax; inc %eax; jnz 2f;"
             "mov $'1', %al;" PUT_AL "2:" RESET);
GUEST_CODE32(read_device_memory, "mov 0x80000000, %al;" PUT_AL "movb $'h', 0x80000001;" RESET);
// Polls for input and echoes it, until a 'q'.
GUEST_CODE32(echo_by_polling,
             "1: mov $0x3fd, %dx; in %dx, %al; test $1, %al; jz 1b;"
             "mov $0x3f8, %dx; in %dx, %al; out %al, %dx; cmp $'q', %al; jne 1b;" RESET);

std::set<std::string> open_descriptors() {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    names.insert(each.path().filename());
  }
  return names;
}

std::set<std::string> thread_names() {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(each.path() / "comm") >> std::ws, name);
    names.insert(name);
  }
  return names;
}

TEST_F(MachineTest, PrintsAndResets) {
  ExitReason reason = run(options(print_and_reset));
  EXPECT_EQ(reason.kind, Kind::kReset);
  EXPECT_EQ(describe(reason), "the guest reset the machine");
  EXPECT_EQ(console_.text(), "!");
}

TEST_F(MachineTest, TellsTheGuestHowMuchRamItHas) {
  EXPECT_EQ(run(options(print_ram_size)).kind, Kind::kReset);
  EXPECT_EQ(console_.text(), std::string("\0\0\x40\0", 4));
}

TEST_F(MachineTest, NothingReadsAsAllOnes) {
  EXPECT_EQ(run(options(touch_nothing)).kind, Kind::kReset);
  EXPECT_EQ(console_.text(), "1");
}

TEST_F(MachineTest, EchoesInputThatIsPolledFor) {
  create(options(echo_by_polling));
  ASSERT_TRUE(machine_->start());
  type("abc");
  EXPECT_TRUE(console_.waits_for("abc"));
  type("q");
  EXPECT_EQ(reason().kind, Kind::kReset);
}

TEST_F(MachineTest, EchoesInputByInterrupt) {
  create(options(echo_by_interrupt));
  ASSERT_TRUE(machine_->start());
  ASSERT_TRUE(console_.waits_for(">"));
  type("a");
  EXPECT_TRUE(console_.waits_for(">a"));
  type("bcd");
  EXPECT_TRUE(console_.waits_for(">abcd"));
  type("q");
  ExitReason why = reason();
  EXPECT_EQ(why.kind, Kind::kReset) << describe(why);
}

TEST_F(MachineTest, ATripleFaultIsAShutdown) {
  ExitReason reason = run(options(triple_fault));
  EXPECT_EQ(reason.kind, Kind::kShutdown) << describe(reason);
}

TEST_F(MachineTest, WhatKvmCantRunEndsItWithTheDetails) {
  ExitReason reason = run(options(jump_to_nothing));
  EXPECT_EQ(reason.kind, Kind::kError);
  EXPECT_NE(
      describe(reason).find("vCPU 0 at rip 0x80000000: KVM internal error 1 (emulation failed)"),
      std::string::npos)
      << describe(reason);
}

TEST_F(MachineTest, StopsWhenAskedWhateverItsCpusDo) {
  for (std::span<const std::byte> image : {sleep, spin}) {
    for (uint32_t cpus : {1u, 2u}) {
      for (int round = 0; round < 100; ++round) {
        Options with = options(image);
        with.cpus = cpus;
        create(with);
        ASSERT_TRUE(machine_->start());
        if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
        machine_->request_exit();
        ASSERT_TRUE(becomes_readable(machine_->stopped_fd())) << cpus << " CPUs, round " << round;
        EXPECT_EQ(machine_->wait().kind, Kind::kRequested);
      }
    }
  }
}

TEST_F(MachineTest, StopsAtOnceWhenItWasAskedBeforeItStarted) {
  create(options(spin));
  machine_->request_exit();
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kRequested);
}

TEST_F(MachineTest, TheFirstReasonCounts) {
  run(options(print_and_reset));
  machine_->request_exit();
  EXPECT_EQ(machine_->wait().kind, Kind::kReset);
}

TEST_F(MachineTest, ItsDestructorStopsIt) {
  create(options(spin));
  ASSERT_TRUE(machine_->start());
  machine_.reset();
  EXPECT_EQ(thread_names().count("vcpu0"), 0u);
}

TEST_F(MachineTest, AVcpuThatMayNotStartEndsTheMachine) {
  Options with = options(print_and_reset);
  with.on_vcpu_start = []() -> Result<void> { return fail(EINVAL, "restrict it"); };
  ExitReason reason = run(with);
  EXPECT_EQ(reason.kind, Kind::kError);
  EXPECT_NE(describe(reason).find("vCPU 0: restrict it: EINVAL"), std::string::npos)
      << describe(reason);
  EXPECT_EQ(console_.text(), "");
}

TEST_F(MachineTest, NamesItsThreads) {
  Options two = options(sleep);
  two.cpus = 2;
  create(two);
  ASSERT_TRUE(machine_->start());
  const std::set<std::string> expected{"vcpu0", "vcpu1"};
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  bool named = false;
  while (!named && std::chrono::steady_clock::now() < deadline) {
    named = std::ranges::includes(thread_names(), expected);
  }
  EXPECT_TRUE(named);
}

TEST_F(MachineTest, DeviceMemoryIsSharedThroughTheAdapter) {
  create(options(read_device_memory));
  KvmVirtualMachine vm(*machine_, [this] { machine_->request_exit(); });
  auto memory = MemoryMapping::anonymous(kPageSize);
  memory->data()[0] = std::byte{'d'};
  GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), kPageSize);
  EXPECT_EQ(machine_->layout().window().start(), range.start());
  ASSERT_GT(machine_->device_slot_count(), 0u);
  ASSERT_TRUE(vm.add_memory(machine_->first_device_slot(), range, memory->data(), {}));
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kReset);
  EXPECT_EQ(console_.text(), "d");
  EXPECT_EQ(memory->data()[1], std::byte{'h'});
  EXPECT_TRUE(vm.remove_memory(machine_->first_device_slot()));
}

TEST_F(MachineTest, TheAdapterRegistersEventsAndStopsTheMachine) {
  create(options(sleep));
  KvmVirtualMachine vm(*machine_, [this] { machine_->request_exit(); });
  auto event = EventFd::create();
  EXPECT_TRUE(vm.register_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}));
  EXPECT_TRUE(vm.register_irqfd(event->fd(), 5));
  EXPECT_TRUE(vm.unregister_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}));
  EXPECT_EQ(
      vm.unregister_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}).error().code(),
      ENOENT);
  EXPECT_TRUE(vm.unregister_irqfd(event->fd(), 5));
  EXPECT_TRUE(vm.register_irqfd(event->fd(), 6));
  ASSERT_TRUE(machine_->start());
  vm.request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
  EXPECT_EQ(vm.info().state, VmState::kExited);
}

TEST_F(MachineTest, TheAdapterTellsWhatTheGuestWrote) {
  create(options(read_device_memory));
  KvmVirtualMachine vm(*machine_, [] {});
  memory_ = *MemoryMapping::anonymous(2 * kPageSize);
  GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), 2 * kPageSize);
  Slot slot = machine_->first_device_slot();
  ASSERT_TRUE(vm.add_memory(slot, range, memory_.data(), {.log_dirty = true}));
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kReset);
  EXPECT_EQ(vm.take_dirty_log(slot).value(), std::vector<uint64_t>{1});
}

TEST_F(MachineTest, RefusesWhatItCantBuild) {
  auto code_of = [](const Machine::Options& options) {
    auto machine = Machine::create(options);
    return machine ? 0 : machine.error().code();
  };
  Options bad = options(sleep);
  bad.cpus = 0;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad.cpus = 1'000'000;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad = options(sleep);
  bad.ram_size = 100;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad = options(sleep);
  bad.device_memory_base = GuestAddress(0);
  EXPECT_EQ(code_of(bad), EEXIST);
}

TEST_F(MachineTest, RefusesAnImageThatItCantBoot) {
  auto code_of = [](const Options& options) {
    auto machine = Machine::create(options);
    return boot_flat_image(**machine, options.image).error().code();
  };
  EXPECT_EQ(code_of(options({})), EINVAL);
  Options little = options(sleep);
  little.ram_size = kPageSize;
  EXPECT_EQ(code_of(little), EFBIG);
}

TEST_F(MachineTest, LeavesNoDescriptorBehind) {
  std::set<std::string> before = open_descriptors();
  for (int round = 0; round < 100; ++round) {
    Options with = options(sleep);
    with.cpus = 2;
    create(with);
    if (round % 2) {
      ASSERT_TRUE(machine_->start());
    }
    machine_.reset();
    with.ram_size = 100;
    EXPECT_FALSE(Machine::create(with));
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace vm_control::vmm
