// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/linux_loader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "vm_control/base/align.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vmm/boot/e820.h"
#include "vmm/boot/low_memory.h"
#include "vmm/boot/pvh_start_info.h"
#include "vmm/boot/zero_page.h"

namespace vm_control::vmm {
namespace {

// The size in MiB, rounded up, for people.
std::string mebibytes(uint64_t size) {
  constexpr unsigned kShift = 20;
  uint64_t whole = (size >> kShift) + (size % (1 << kShift) ? 1 : 0);
  return std::to_string(whole) + " MiB";
}

Result<void> load_kernel(const GuestRam& ram, const LinuxImage& image) {
  for (const LinuxImage::Segment& each : image.segments) {
    if (!ram.bytes(each.range.start(), each.range.size())) {
      return fail(EFBIG, "load the kernel",
                  "(it needs memory up to " + mebibytes(each.range.last().value()) + ", and " +
                      mebibytes(ram.low().size()) + " of RAM are there)");
    }
    TRY(ram.write(each.range.start(), each.content));
  }
  return {};
}

// The highest whole pages for `size` bytes that end at `end` at most and that the kernel leaves
// free.
std::optional<GuestRange> find_room(const LinuxImage& image, uint64_t size, uint64_t end) {
  uint64_t pages = align_up(size, kPageSize);
  auto try_below = [&](uint64_t top) -> std::optional<GuestAddress> {
    uint64_t last = top / kPageSize * kPageSize;
    if (last < LinuxImage::kLowest || pages > last - LinuxImage::kLowest) return std::nullopt;
    return GuestAddress(last - pages);
  };
  auto start = try_below(end);
  // From the highest segment down: the first gap that is large enough.
  for (auto each = image.segments.rbegin(); start && each != image.segments.rend(); ++each) {
    GuestRange room = *GuestRange::create(*start, pages);
    if (room.overlaps(each->range)) start = try_below(each->range.start().value());
  }
  if (!start) return std::nullopt;
  return *GuestRange::create(*start, size);
}

Result<std::optional<GuestRange>> load_initrd(const GuestRam& ram, const LinuxBoot& boot) {
  if (boot.initrd.empty()) return std::optional<GuestRange>();
  uint64_t end = std::min<uint64_t>(ram.low().size(), boot.image.initrd_last.value() + 1);
  auto room = find_room(boot.image, boot.initrd.size(), end);
  if (!room) {
    return fail(EFBIG, "load the initrd",
                "(its " + mebibytes(boot.initrd.size()) + " do not fit into " + mebibytes(end) +
                    " of RAM beside the kernel)");
  }
  TRY(ram.write(room->start(), boot.initrd));
  return room;
}

Result<void> load_command_line(const GuestRam& ram, const LinuxBoot& boot) {
  constexpr const char* kAction = "load the command line";
  uint64_t most =
      std::min<uint64_t>(boot.image.command_line_size, low_memory::kCommandLineRoom - 1);
  if (boot.command_line.size() > most) {
    return fail(EFBIG, kAction,
                "(it has " + std::to_string(boot.command_line.size()) +
                    " bytes, and the kernel takes " + std::to_string(most) + ")");
  }
  if (boot.command_line.find('\0') != std::string_view::npos) {
    return fail(EINVAL, kAction, "(it has a NUL in it)");
  }
  return ram.write(low_memory::kCommandLine, std::as_bytes(std::span(boot.command_line)));
}

Result<void> load_acpi(const GuestRam& ram, std::span<const std::byte> tables) {
  if (tables.size() > low_memory::kAcpiRoom) {
    return fail(EFBIG, "load ACPI tables", "of " + std::to_string(tables.size()) + " bytes");
  }
  return ram.write(low_memory::kAcpi, tables);
}

// Linux on hardware-reduced ACPI resets by EFI. Where there is none it turns, last of all, to the
// BIOS: to this code, which pulls the reset line. Otherwise the CPU would run over zeros.
Result<void> load_reset_code(const GuestRam& ram) {
  constexpr uint8_t kCode[] = {0xb0, 0xfe,   // mov $0xfe, %al
                               0xe6, 0x64,   // out %al, $0x64
                               0xf4,         // hlt
                               0xeb, 0xfd};  // jmp to the hlt
  return ram.write(low_memory::kResetVector, std::as_bytes(std::span(kCode)));
}

Result<void> load_tables(const GuestRam& ram, LinuxImage::Entry how) {
  TRY(ram.store(low_memory::kGdt, boot_gdt(how)));
  return ram.write(low_memory::kPageTables, identity_map(low_memory::kPageTables));
}

Result<void> load_boot_info(const GuestRam& ram, const LinuxImage& image, const BootInfo& info) {
  if (image.how == LinuxImage::Entry::k64Bit) {
    return ram.store(low_memory::kBootInfo, zero_page(image.header, info));
  }
  return ram.write(low_memory::kBootInfo, pvh_start_info(info, low_memory::kBootInfo));
}

}  // namespace

Result<LinuxEntry> load_linux(const GuestRam& ram, const GuestLayout& layout,
                              const LinuxBoot& boot) {
  TRY(load_kernel(ram, boot.image));
  auto initrd = TRY(load_initrd(ram, boot));
  TRY(load_command_line(ram, boot));
  TRY(load_acpi(ram, boot.acpi));
  TRY(load_reset_code(ram));
  TRY(load_tables(ram, boot.image.how));
  auto memory_map = e820_of(layout);
  TRY(load_boot_info(ram, boot.image,
                     {.command_line = low_memory::kCommandLine,
                      .initrd = initrd,
                      .rsdp = low_memory::kAcpi,
                      .memory_map = memory_map}));
  return LinuxEntry{.how = boot.image.how, .address = boot.image.entry};
}

Result<void> enter_linux(kvm::Vcpu& vcpu, const LinuxEntry& entry) {
  kvm_sregs sregs = TRY(vcpu.sregs());
  set_entry_mode(sregs, entry.how);
  TRY(vcpu.set_sregs(sregs));
  return vcpu.set_regs(entry_regs(entry));
}

}  // namespace vm_control::vmm
