// SPDX-License-Identifier: BSD-3-Clause
// Parses any bytes as an ELF kernel. If that succeeds, the loader can rely on what the parser says.
#include "vmm/boot/elf_image.h"
#include "vmm/boot/test_invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control::vmm;
  auto file = std::as_bytes(std::span(data, size));
  if (auto image = parse_elf_image(file)) check_invariants(*image, file);
  return 0;
}
