// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/flat_image.h"

#include <algorithm>
#include <string>

#include "vm_control/base/try.h"
#include "vmm/boot/flat_segment.h"

namespace vm_control::vmm {
namespace {

constexpr uint32_t kStackEnd = 0x9'f000;  // a BIOS has its data above it

}  // namespace

Result<void> load_flat_image(std::span<const std::byte> image, std::span<std::byte> low_ram) {
  constexpr const char* kAction = "load the image";
  if (image.empty()) return fail(EINVAL, kAction, "(it is empty)");
  if (low_ram.size() < kFlatImageStart || image.size() > low_ram.size() - kFlatImageStart) {
    return fail(EFBIG, kAction,
                "(" + std::to_string(image.size()) + " bytes from 1 MiB, into " +
                    std::to_string(low_ram.size()) + " bytes of RAM)");
  }
  // g++ 12 copies the bytes of spans one at a time, and those of pointers together.
  std::copy_n(image.data(), image.size(), low_ram.data() + kFlatImageStart);
  return {};
}

kvm_regs flat_image_regs(uint64_t low_ram_size, GuestAddress device_memory) {
  constexpr uint64_t kAlwaysSet = 2;  // bit 1 of the flags; interrupts are off
  kvm_regs regs{};
  regs.rip = kFlatImageStart;
  regs.rsp = kStackEnd;
  regs.rbx = low_ram_size;
  if (device_memory.value() <= UINT32_MAX) regs.rcx = device_memory.value();
  regs.rflags = kAlwaysSet;
  return regs;
}

void set_flat_protected_mode(kvm_sregs& sregs) {
  constexpr uint64_t kProtection = 1;  // CR0.PE
  sregs.cs = flat_segment(0x8, kCodeSegment);
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat_segment(0x10, kDataSegment);
  sregs.cr0 |= kProtection;
  // No exception can be delivered before the image has a table for them.
  sregs.gdt = sregs.idt = {};
}

Result<void> enter_flat_image(kvm::Vcpu& vcpu, uint64_t low_ram_size, GuestAddress device_memory) {
  kvm_sregs sregs = TRY(vcpu.sregs());
  set_flat_protected_mode(sregs);
  TRY(vcpu.set_sregs(sregs));
  return vcpu.set_regs(flat_image_regs(low_ram_size, device_memory));
}

}  // namespace vm_control::vmm
