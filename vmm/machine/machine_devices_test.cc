// SPDX-License-Identifier: BSD-3-Clause
// Devices of the machine, as a guest meets them.
#include <memory>
#include <utility>
#include <vector>

#include "vm_control/kvm/guest_code.h"
#include "vmm/machine/test_machine.h"

namespace vm_control::vmm {
namespace {

// Writes to a device at the start of the MMIO window, in each width, and to the page after it. Then
// reads a byte and a word from the device, and prints the byte and the word's last byte.
GUEST_CODE32(use_registers,
             "movb $0x11, 0xc0000001; movw $0x2222, 0xc0000002; movl $0x33333333, 0xc0000004;"
             "movl $0x44444444, 0xc0001000;"
             "mov 0xc0000010, %al;" PUT_AL "mov 0xc0000010, %eax; shr $24, %eax;" PUT_AL RESET);
// Writes four bytes, of which the last two are behind the device, reads them back and prints them.
GUEST_CODE32(leave_device,
             "movl $0x04030201, 0xc0000ffe; mov 0xc0000ffe, %ebx; mov $4, %ecx;"
             "1: mov %bl, %al;" PUT_AL "shr $8, %ebx; loop 1b;" RESET);

using Access = std::pair<uint64_t, size_t>;  // offset, and how many bytes

// A device that gives 'a' as the first byte of each read, then 'b', 'c', ...
class Registers final : public BusDevice {
 public:
  explicit Registers(std::vector<Access>& writes) : writes_(writes) {}

  void read(uint64_t, std::span<std::byte> data) override {
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>('a' + i);
  }
  void write(uint64_t offset, std::span<const std::byte> data) override {
    writes_.emplace_back(offset, data.size());
  }

 private:
  std::vector<Access>& writes_;
};

class MachineDevicesTest : public MachineTest {
 protected:
  void run_with_registers(std::span<const std::byte> image) {
    create(options(image));
    DeviceManager& devices = machine_->devices();
    MmioRange range = *devices.allocate_mmio(kPageSize);
    EXPECT_EQ(range.range().start(), machine_->layout().hole().start());
    ASSERT_TRUE(devices.add_in_memory(std::move(range), std::make_unique<Registers>(writes_)));
    ASSERT_TRUE(machine_->start());
    ExitReason why = reason();
    EXPECT_EQ(why.kind, Kind::kReset) << describe(why);
  }

  std::vector<Access> writes_;
};

TEST_F(MachineDevicesTest, ADeviceInMemorySeesTheWidthOfEachAccess) {
  run_with_registers(use_registers);
  EXPECT_EQ(writes_, (std::vector<Access>{{1, 1}, {2, 2}, {4, 4}}));
  EXPECT_EQ(console_.text(), "ad");
}

TEST_F(MachineDevicesTest, AnAccessThatLeavesADeviceReadsOnesBehindIt) {
  run_with_registers(leave_device);
  ASSERT_EQ(console_.text().size(), 4u);
  EXPECT_EQ(console_.text()[0], 'a');
  EXPECT_EQ(console_.text().substr(2), "\xff\xff");
  // KVM makes one access to each page.
  EXPECT_EQ(writes_, (std::vector<Access>{{0xffe, 2}}));
}

TEST_F(MachineDevicesTest, TheSerialPortAndTheTimerHaveTheirInterrupts) {
  create(options(spin));
  EXPECT_EQ(machine_->devices().take_interrupt(Serial16550::kGsi).error().code(), EEXIST);
  EXPECT_EQ(machine_->devices().take_interrupt(0).error().code(), EEXIST);
  EXPECT_TRUE(machine_->devices().allocate_interrupt());
}

}  // namespace
}  // namespace vm_control::vmm
