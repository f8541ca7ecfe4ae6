// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/elf_notes.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "vm_control/base/try.h"
#include "vmm/boot/image_error.h"

namespace vm_control::vmm {
namespace {

constexpr uint32_t kPhys32Entry = 18;
constexpr std::string_view kXen{"Xen", 4};  // with its NUL

// Takes `size` bytes and their padding from the front of `rest`; the last padding may be missing.
Result<std::span<const std::byte>> take(std::span<const std::byte>& rest, uint64_t size,
                                        uint64_t alignment) {
  if (size > rest.size()) return bad_kernel("has a damaged note");
  auto taken = rest.first(size);
  uint64_t padded = (size + alignment - 1) / alignment * alignment;
  rest = rest.subspan(std::min<uint64_t>(padded, rest.size()));
  return taken;
}

Result<std::optional<GuestAddress>> address_in(std::span<const std::byte> description) {
  uint64_t address = 0;
  if (description.size() != sizeof(uint32_t) && description.size() != sizeof(uint64_t)) {
    return bad_kernel("has a damaged note");
  }
  std::memcpy(&address, description.data(), description.size());
  return GuestAddress(address);
}

}  // namespace

Result<std::optional<GuestAddress>> pvh_entry(std::span<const std::byte> notes,
                                              uint64_t alignment) {
  uint64_t padding = alignment == 8 ? 8 : 4;
  while (!notes.empty()) {
    Elf64_Nhdr header;
    // A header of three words is followed by the name without padding.
    auto bytes = TRY(take(notes, sizeof header, 1));
    std::memcpy(&header, bytes.data(), sizeof header);
    auto name = TRY(take(notes, header.n_namesz, padding));
    auto description = TRY(take(notes, header.n_descsz, padding));
    if (header.n_type == kPhys32Entry && std::ranges::equal(name, std::as_bytes(std::span(kXen)))) {
      return address_in(description);
    }
  }
  return std::optional<GuestAddress>();
}

}  // namespace vm_control::vmm
