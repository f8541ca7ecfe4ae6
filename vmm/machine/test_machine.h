// SPDX-License-Identifier: BSD-3-Clause
// A small machine for the tests of this folder, and what its guests do.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/kvm/guest_code.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kDeviceMemory = 0x8000'0000;
inline constexpr auto kPatience = std::chrono::seconds(20);

#define RESET "mov $0xfe, %al; out %al, $0x64; 9: hlt; jmp 9b;"
#define PUT_AL "mov $0x3f8, %dx; out %al, %dx;"

GUEST_CODE32(print_and_reset, "mov $'!', %al;" PUT_AL RESET);
GUEST_CODE32(spin, "1: jmp 1b");
// Counts in device memory for ever.
GUEST_CODE32(count, "1: incl 0x80000000; jmp 1b");
// Echoes what is typed until a 'q', asleep until IRQ 4, which is vector 0x24. The GDT is at 0x400, with a code segment at
// 8; the IDT at 0x800. The handler returns by hand: where KVM emulates every instruction, iret in
// protected mode is not among them.
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

// What a machine prints, for another thread to wait for.
class TestConsole {
 public:
  SerialSink sink() {
    return [this](std::span<const std::byte> bytes) {
      std::lock_guard lock(mutex_);
      for (std::byte each : bytes) text_ += static_cast<char>(each);
      changed_.notify_all();
    };
  }

  std::string text() {
    std::lock_guard lock(mutex_);
    return text_;
  }

  bool waits_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return text_ == text; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

inline bool becomes_readable(int fd) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

using Kind = ExitReason::Kind;

class MachineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kvm = kvm::Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
  }

  Machine::Options options(std::span<const std::byte> image) {
    return {.ram_size = 4 * kMiB,
            .device_memory_base = GuestAddress(kDeviceMemory),
            .device_memory_size = 64 * kMiB,
            .image = image,
            .serial_output = console_.sink()};
  }

  void create(const Machine::Options& options) {
    auto machine = Machine::create(options);
    ASSERT_TRUE(machine) << machine.error().message();
    machine_ = std::move(*machine);
  }

  // The reason that a machine stopped for by itself.
  ExitReason reason() {
    if (!becomes_readable(machine_->stopped_fd())) {
      ADD_FAILURE() << "the machine does not stop";
      machine_->request_exit();
    }
    return machine_->wait();
  }

  // Backs the start of device memory by memory_.
  void add_memory() {
    GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), memory_.size());
    ASSERT_TRUE(
        machine_->vm().set_memory(machine_->first_device_slot(), range, memory_.data(), {}));
  }

  uint32_t counter() {
    return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory_.data())).load();
  }

  bool counts_on() {
    uint32_t before = counter();
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (counter() == before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return counter() != before;
  }

  ExitReason run(const Machine::Options& options) {
    create(options);
    EXPECT_TRUE(machine_->start());
    return reason();
  }

  bool becomes(VmState state) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (machine_->state() != state && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return machine_->state() == state;
  }

  void type(std::string_view text) {
    EXPECT_EQ(machine_->send_to_serial(std::as_bytes(std::span(text))), text.size());
  }

  TestConsole console_;
  MemoryMapping memory_;  // outlives the machine, which it may be added to
  std::unique_ptr<Machine> machine_;
};

}  // namespace vm_control::vmm
