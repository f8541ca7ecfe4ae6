// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/linux_image.h"

#include <algorithm>
#include <string_view>

#include "vmm/boot/bz_image.h"
#include "vmm/boot/elf_image.h"
#include "vmm/boot/image_error.h"

namespace vm_control::vmm {
namespace {

struct Hint {
  std::string_view magic;
  const char* detail;
};

// Users give these files by mistake. The first bytes tell them.
constexpr Hint kHints[] = {
    {"\x1f\x8b", "is compressed by gzip: decompress it first"},
    {"\xfd\x37zXZ", "is compressed by xz: decompress it first"},
    {"\x28\xb5\x2f\xfd", "is compressed by zstd: decompress it first"},
    {"MZ", "is a program for EFI, but no bzImage"},
    {"07070", "is an initrd, not a kernel"},
};

bool starts_with(std::span<const std::byte> file, std::string_view magic) {
  return std::ranges::equal(file.first(std::min(file.size(), magic.size())),
                            std::as_bytes(std::span(magic)));
}

}  // namespace

Result<LinuxImage> parse_linux_image(std::span<const std::byte> file) {
  if (file.empty()) return bad_kernel("is empty");
  if (is_bz_image(file)) return parse_bz_image(file);
  if (is_elf(file)) return parse_elf_image(file);
  for (const Hint& hint : kHints) {
    if (starts_with(file, hint.magic)) return bad_kernel(hint.detail);
  }
  return bad_kernel("is neither a bzImage nor an ELF file");
}

}  // namespace vm_control::vmm
