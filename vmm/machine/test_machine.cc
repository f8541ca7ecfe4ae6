// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/test_machine.h"

#include <poll.h>

#include <atomic>
#include <thread>
#include <utility>

#include "vm_control/kvm/guest_code.h"
#include "vm_control/kvm/kvm.h"
#include "vmm/machine/boot.h"
#include "vmm/machine/pc_devices.h"

namespace vm_control::vmm {
namespace {

template <class Condition>
bool becomes_true(Condition condition) {
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

}  // namespace

GUEST_CODE32(print_and_reset, "mov $'!', %al;" PUT_AL RESET);
GUEST_CODE32(spin, "1: jmp 1b");
GUEST_CODE32(count, "1: incl 0x80000000; jmp 1b");
// Sleeps until IRQ 4, which is vector 0x24. The GDT is at 0x400, with a code segment at 8; the IDT
// is at 0x800. The handler returns without iret, which KVM can't emulate in protected mode on hosts
// where it emulates every instruction.
GUEST_CODE32(echo_by_interrupt,
             "movl $0xffff, 0x408; movl $0xcf9b00, 0x40c;"
             "movw $15, 0x3f0; movl $0x400, 0x3f2; lgdt 0x3f0;"
             "movw $0x7ff, 0x3f8; movl $0x800, 0x3fa; lidt 0x3f8;"
             "mov $0x100000 + 3f - echo_by_interrupt_begin, %eax;"
             "movw %ax, 0x920; movw $8, 0x922; movw $0x8e00, 0x924; shr $16, %eax;"
             "movw %ax, 0x926;"
             "mov $0x11, %al; out %al, $0x20; mov $0x20, %al; out %al, $0x21;"
             "mov $4, %al; out %al, $0x21; mov $1, %al; out %al, $0x21;"
             "mov $0xef, %al; out %al, $0x21;"
             "mov $0x3f9, %dx; mov $1, %al; out %al, %dx;"
             "mov $'>', %al;" PUT_AL
             "1: sti; hlt; jmp 1b;"
             "3: mov $0x3f8, %dx; in %dx, %al; out %al, %dx; cmp $'q', %al; je 4f;"
             "mov $0x20, %al; out %al, $0x20; pushl 8(%esp); popfl; lret $4; 4:" RESET);

SerialSink TestConsole::sink() {
  return [this](std::span<const std::byte> bytes) {
    std::lock_guard lock(mutex_);
    for (std::byte each : bytes) text_ += static_cast<char>(each);
    changed_.notify_all();
  };
}

std::string TestConsole::text() {
  std::lock_guard lock(mutex_);
  return text_;
}

bool TestConsole::waits_for(const std::string& text) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return text_ == text; });
}

bool becomes_readable(int fd) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

void MachineTest::SetUp() {
  auto kvm = kvm::Kvm::open();
  if (!kvm) GTEST_SKIP() << kvm.error().message();
}

MachineTest::Options MachineTest::options(std::span<const std::byte> image) {
  return {{.ram_size = 4 * kMiB,
           .device_memory_base = GuestAddress(kDeviceMemory),
           .device_memory_size = 64 * kMiB},
          image};
}

void MachineTest::create(const Options& options, SerialSink output) {
  auto machine = Machine::create(options);
  ASSERT_TRUE(machine) << machine.error().message();
  machine_ = std::move(*machine);
  auto serial = add_pc_devices(*machine_, std::move(output));
  ASSERT_TRUE(serial) << serial.error().message();
  serial_ = *serial;
  auto booted = boot_flat_image(*machine_, options.image);
  ASSERT_TRUE(booted) << booted.error().message();
}

ExitReason MachineTest::reason() {
  if (!becomes_readable(machine_->stopped_fd())) {
    ADD_FAILURE() << "the machine does not stop";
    machine_->request_exit();
  }
  return machine_->wait();
}

ExitReason MachineTest::run(const Options& options) {
  create(options);
  EXPECT_TRUE(machine_->start());
  return reason();
}

void MachineTest::add_memory() {
  GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), memory_.size());
  ASSERT_TRUE(machine_->vm().set_memory(machine_->first_device_slot(), range, memory_.data(), {}));
}

uint32_t MachineTest::counter() {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory_.data())).load();
}

bool MachineTest::counts_on() {
  uint32_t before = counter();
  return becomes_true([&] { return counter() != before; });
}

bool MachineTest::becomes(VmState state) {
  return becomes_true([&] { return machine_->state() == state; });
}

void MachineTest::type(std::string_view text) {
  EXPECT_EQ(serial_->receive(std::as_bytes(std::span(text))), text.size());
}

}  // namespace vm_control::vmm
