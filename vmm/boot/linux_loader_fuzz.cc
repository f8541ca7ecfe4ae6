// SPDX-License-Identifier: BSD-3-Clause
// Loads any bytes as a kernel, with an initrd and a command line of any sizes, into a small RAM. If
// that succeeds, nothing overlaps, and the guest starts where its kernel is.
//
// An input starts with three sizes, of two bytes each: of the RAM in 64 KiB, of the initrd in 64
// KiB, and of the command line. The kernel's file follows.
#include <cstring>
#include <string>
#include <vector>

#include "vm_control/base/check.h"
#include "vmm/boot/linux_loader.h"
#include "vmm/boot/low_memory.h"
#include "vmm/boot/test_invariants.h"

namespace vm_control::vmm {
namespace {

struct Sizes {
  uint16_t ram;
  uint16_t initrd;
  uint16_t command_line;
};

constexpr uint64_t kUnit = 64 << 10;

GuestRange initrd_of(const boot_params& page) {
  return *GuestRange::create(GuestAddress(page.hdr.ramdisk_image), page.hdr.ramdisk_size);
}

void load(const Sizes& sizes, std::span<const std::byte> file) {
  constexpr uint16_t kMostRam = 1024;     // 64 MiB
  constexpr uint16_t kMostInitrd = 1024;  // the same
  auto image = parse_linux_image(file);
  if (!image) return;
  check_invariants(*image, file);
  auto layout = *GuestLayout::create({.ram_size = (sizes.ram % kMostRam + 1) * kUnit});
  auto ram = *GuestRam::create(layout.ram());
  // Nobody writes to it, so it costs little.
  static const std::vector<std::byte> initrds(kMostInitrd * kUnit);
  auto initrd = std::span(initrds).first(sizes.initrd % kMostInitrd * kUnit);
  std::string command_line(sizes.command_line, 'x');
  auto entry =
      load_linux(ram, layout, {.image = *image, .initrd = initrd, .command_line = command_line});
  if (!entry) return;
  CHECK(ram.bytes(entry->address, 1));
  if (entry->how == LinuxImage::Entry::kPvh || initrd.empty()) return;
  GuestRange loaded = initrd_of(*ram.load<boot_params>(low_memory::kBootInfo));
  CHECK(loaded.size() == initrd.size() && loaded.last() <= image->initrd_last);
  CHECK(ram.bytes(loaded.start(), loaded.size()) && loaded.start().value() >= LinuxImage::kLowest);
  for (const auto& each : image->segments) CHECK(!loaded.overlaps(each.range));
}

}  // namespace
}  // namespace vm_control::vmm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control::vmm;
  auto input = std::as_bytes(std::span(data, size));
  Sizes sizes{};
  if (input.size() < sizeof sizes) return 0;
  std::memcpy(&sizes, input.data(), sizeof sizes);
  load(sizes, input.subspan(sizeof sizes));
  return 0;
}
