// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/elf_notes.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "vm_control/base/align.h"
#include "vmm/boot/image_error.h"

namespace vm_control::vmm {
namespace {

constexpr uint32_t kPhys32Entry = 18;
constexpr char kXen[] = "Xen";  // its NUL counts

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
  uint64_t unit = alignment == 8 ? 8 : 4;
  while (!notes.empty()) {
    Elf64_Nhdr header;
    if (notes.size() < sizeof header) return bad_kernel("has a damaged note");
    std::memcpy(&header, notes.data(), sizeof header);
    // Sums of 32-bit sizes, which 64 bits hold.
    uint64_t start = align_up(sizeof header + uint64_t{header.n_namesz}, unit);
    uint64_t end = start + header.n_descsz;
    if (end > notes.size()) return bad_kernel("has a damaged note");
    auto name = notes.subspan(sizeof header, header.n_namesz);
    if (header.n_type == kPhys32Entry && std::ranges::equal(name, std::as_bytes(std::span(kXen)))) {
      return address_in(notes.subspan(start, header.n_descsz));
    }
    // The padding of the last note may be missing.
    notes = notes.subspan(std::min<uint64_t>(align_up(end, unit), notes.size()));
  }
  return std::optional<GuestAddress>();
}

}  // namespace vm_control::vmm
