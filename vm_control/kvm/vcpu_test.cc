// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vcpu.h"

#include <sys/mman.h>

#include <cstring>

#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

GUEST_CODE16(halt, "hlt");
GUEST_CODE16(port_copy, "in %dx, %ax; out %ax, $0xf4");
GUEST_CODE16(port_string, "xor %ax, %ax; mov %ax, %ds; mov $3, %cx; rep outsb; hlt");
GUEST_CODE16(memory_copy, "mov 0x10, %eax; mov %eax, 0x20; hlt");
GUEST_CODE16(cpuid_of_leaf, "cpuid; hlt");
GUEST_CODE16(read_msr, "rdmsr; hlt");
GUEST_CODE16(write_free, "movb %al, 0; hlt");
GUEST_CODE32(triple_fault, "ud2");

TEST_F(KvmTest, AHaltComesOutWithoutIrqchip) {
  start(halt);
  EXPECT_TRUE(std::holds_alternative<Halt>(next_exit()));
}

TEST_F(KvmTest, PortReadsGetWhatTheHandlerWrites) {
  start(port_copy);
  restart({.rdx = 0x1234});
  VcpuExit exit = next_exit();
  auto* read = std::get_if<PortRead>(&exit);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->port, 0x1234);
  EXPECT_EQ(read->size, 2);
  ASSERT_EQ(read->data.size(), 2u);
  read->data[0] = std::byte{0xcd};
  read->data[1] = std::byte{0xab};

  exit = next_exit();
  auto* write = std::get_if<PortWrite>(&exit);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->port, kDonePort);
  uint16_t value;
  ASSERT_EQ(write->data.size(), sizeof value);
  std::memcpy(&value, write->data.data(), sizeof value);
  EXPECT_EQ(value, 0xabcd);
}

TEST_F(KvmTest, AStringOfPortWritesLosesNothing) {
  start(port_string);
  std::memcpy(ram_.data() + 0x4000, "abc", 3);
  restart({.rdx = 0x1234, .rsi = 0x4000});
  std::string text;
  for (VcpuExit exit = next_exit(); auto* write = std::get_if<PortWrite>(&exit);
       exit = next_exit()) {
    EXPECT_EQ(write->size, 1);
    for (std::byte each : write->data) text += static_cast<char>(each);
  }
  EXPECT_EQ(text, "abc");
}

TEST_F(KvmTest, MmioReadsGetWhatTheHandlerWrites) {
  start(memory_copy);
  VcpuExit exit = next_exit();
  auto* read = std::get_if<MmioRead>(&exit);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->address, GuestAddress(kFree + 0x10));
  ASSERT_EQ(read->data.size(), 4u);
  std::memset(read->data.data(), 0x5a, 4);

  exit = next_exit();
  auto* write = std::get_if<MmioWrite>(&exit);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->address, GuestAddress(kFree + 0x20));
  EXPECT_EQ(write->data.size(), 4u);
  EXPECT_TRUE(std::ranges::all_of(write->data, [](auto b) { return b == std::byte{0x5a}; }));
}

TEST_F(KvmTest, ATripleFaultIsAShutdown) {
  start(triple_fault);
  kvm_sregs sregs = *vcpu_->sregs();
  // Protected mode, with an IDT that has no room for the exception. (Real mode needs none.)
  sregs.cr0 |= 1;
  sregs.cs.limit = UINT32_MAX;
  sregs.cs.db = sregs.cs.g = 1;
  sregs.idt.limit = 0;
  ASSERT_TRUE(vcpu_->set_sregs(sregs));
  EXPECT_TRUE(std::holds_alternative<Shutdown>(next_exit()));
}

TEST_F(KvmTest, TheGuestSeesTheCpuidThatWasSet) {
  start(cpuid_of_leaf);
  Cpuid cpuid{{.function = 0, .eax = 1, .ebx = 0x11, .ecx = 0x22, .edx = 0x33}};
  ASSERT_TRUE(vcpu_->set_cpuid(cpuid));
  ASSERT_TRUE(std::holds_alternative<Halt>(next_exit()));
  EXPECT_EQ(vcpu_->regs()->rbx, 0x11u);
  EXPECT_EQ(vcpu_->regs()->rcx, 0x22u);
  EXPECT_EQ(vcpu_->regs()->rdx, 0x33u);
}

TEST_F(KvmTest, CpuidOfTooManyLeavesIsRefused) {
  start(halt);
  EXPECT_EQ(vcpu_->set_cpuid(Cpuid(100'000)).error().code(), E2BIG);
}

TEST_F(KvmTest, TheGuestSeesTheMsrsThatWereSet) {
  start(read_msr);
  const kvm_msr_entry msrs[] = {{.index = 0x2ff, .data = 0x806}, {.index = 0x174, .data = 0x10}};
  ASSERT_TRUE(vcpu_->set_msrs(msrs));
  restart({.rcx = 0x2ff});
  ASSERT_TRUE(std::holds_alternative<Halt>(next_exit()));
  EXPECT_EQ(vcpu_->regs()->rax, 0x806u);
  restart({.rcx = 0x174});
  ASSERT_TRUE(std::holds_alternative<Halt>(next_exit()));
  EXPECT_EQ(vcpu_->regs()->rax, 0x10u);
}

TEST_F(KvmTest, AnMsrThatDoesNotExistIsRefusedByItsNumber) {
  start(halt);
  const kvm_msr_entry msrs[] = {{.index = 0x2ff, .data = 0x806}, {.index = 0xdead}};
  auto set = vcpu_->set_msrs(msrs);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), EINVAL);
  EXPECT_NE(set.error().message().find("0xdead"), std::string::npos);
}

TEST_F(KvmTest, TheLocalApicKeepsWhatWasSet) {
  constexpr size_t kLint1 = 0x360;
  ASSERT_TRUE(vm_->create_irqchip());
  start(halt);
  auto lapic = vcpu_->lapic();
  ASSERT_TRUE(lapic) << lapic.error().message();
  lapic->regs[kLint1 + 1] = 4;  // an NMI
  ASSERT_TRUE(vcpu_->set_lapic(*lapic));
  EXPECT_EQ(vcpu_->lapic()->regs[kLint1 + 1], 4);
}

TEST_F(KvmTest, WithoutInterruptControllersThereIsNoLocalApic) {
  start(halt);
  EXPECT_EQ(vcpu_->lapic().error().code(), EINVAL);
  EXPECT_EQ(vcpu_->set_lapic({}).error().code(), EINVAL);
}

TEST_F(KvmTest, MemoryThatTheHostHasUnmappedIsAFault) {
  auto memory = MemoryMapping::anonymous(kPageSize);
  ASSERT_TRUE(vm_->set_memory(Slot(1), range(kFree, kPageSize), memory->data(), {}));
  start(write_free);
  ASSERT_EQ(mprotect(memory->data(), kPageSize, PROT_NONE), 0);
  VcpuExit exit = next_exit();
  // Without hardware paging the emulator makes the write, and the exit is an MMIO exit.
  EXPECT_TRUE(std::holds_alternative<MmioWrite>(exit) || std::holds_alternative<MemoryFault>(exit));
}

TEST_F(KvmTest, AVcpuOfATakenOrImpossibleIdIsRefused) {
  start(halt);
  EXPECT_EQ(Vcpu::create(*kvm_, *vm_, 0).error().code(), EEXIST);
  EXPECT_EQ(Vcpu::create(*kvm_, *vm_, 1'000'000).error().code(), EINVAL);
}

TEST(VcpuExit, InternalErrorsNameThemselvesAndTheirData) {
  kvm_run run{};
  run.exit_reason = KVM_EXIT_INTERNAL_ERROR;
  run.internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
  run.internal.ndata = 2;
  run.internal.data[0] = 0x2;
  run.internal.data[1] = 0xf0;
  VcpuExit exit = decode_exit(run);
  ASSERT_TRUE(std::holds_alternative<InternalError>(exit));
  EXPECT_EQ(describe(std::get<InternalError>(exit)),
            "internal error 1 (emulation failed), data 0x2 0xf0");
}

TEST(VcpuExit, AMemoryFaultHasItsAddressWhereKvmTellsIt) {
  kvm_run run{};
  EXPECT_EQ(decode_memory_fault(run).address, std::nullopt);
  run.exit_reason = 39;  // KVM_EXIT_MEMORY_FAULT
  const uint64_t info[] = {0, 0x8000'1000, 0x1000};
  std::memcpy(run.padding, info, sizeof info);
  EXPECT_EQ(decode_memory_fault(run).address, GuestAddress(0x8000'1000));
}

TEST(VcpuExit, ReasonsWithoutATypeOfTheirOwnKeepTheirNumber) {
  kvm_run run{};
  run.exit_reason = 4242;
  VcpuExit exit = decode_exit(run);
  ASSERT_TRUE(std::holds_alternative<UnknownExit>(exit));
  EXPECT_EQ(std::get<UnknownExit>(exit).reason, 4242u);
  run.exit_reason = KVM_EXIT_FAIL_ENTRY;
  run.fail_entry.hardware_entry_failure_reason = 0x80000021;
  exit = decode_exit(run);
  ASSERT_TRUE(std::holds_alternative<FailEntry>(exit));
  EXPECT_EQ(std::get<FailEntry>(exit).hardware_reason, 0x80000021u);
}

}  // namespace
}  // namespace vm_control::kvm
