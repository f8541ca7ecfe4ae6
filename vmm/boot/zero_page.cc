// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/zero_page.h"

#include "vm_control/base/check.h"

namespace vm_control::vmm {

boot_params zero_page(const setup_header& header, const BootInfo& info) {
  constexpr uint8_t kUnregisteredLoader = 0xff;
  CHECK(info.memory_map.size() <= E820_MAX_ENTRIES_ZEROPAGE);
  boot_params page{};
  page.hdr = header;
  page.hdr.type_of_loader = kUnregisteredLoader;
  page.hdr.cmd_line_ptr = static_cast<uint32_t>(info.command_line.value());
  if (info.initrd) {
    page.hdr.ramdisk_image = static_cast<uint32_t>(info.initrd->start().value());
    page.hdr.ramdisk_size = static_cast<uint32_t>(info.initrd->size());
  }
  page.acpi_rsdp_addr = info.rsdp.value();
  for (const E820Entry& each : info.memory_map) {
    page.e820_table[page.e820_entries++] = {.addr = each.range.start().value(),
                                            .size = each.range.size(),
                                            .type = static_cast<uint32_t>(each.type)};
  }
  return page;
}

}  // namespace vm_control::vmm
