// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "vm_control/base/try.h"
#include "vmm/boot/bz_image.h"
#include "vmm/boot/elf_notes.h"
#include "vmm/boot/image_error.h"

namespace vm_control::vmm {
namespace {

Result<std::span<const std::byte>> part_of(std::span<const std::byte> file, uint64_t offset,
                                           uint64_t size, const char* what) {
  if (offset > file.size() || size > file.size() - offset) {
    return bad_kernel(std::string("is truncated in ") + what);
  }
  return file.subspan(offset, size);
}

Result<Elf64_Ehdr> read_elf_header(std::span<const std::byte> file) {
  if (file.size() <= EI_CLASS) return bad_kernel("is truncated in its header");
  if (std::to_integer<int>(file[EI_CLASS]) == ELFCLASS32) return bad_kernel("is a 32-bit kernel");
  auto bytes = TRY(part_of(file, 0, sizeof(Elf64_Ehdr), "its header"));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64) {
    return bad_kernel("is not for x86-64");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return bad_kernel("is no executable");
  if (header.e_phentsize != sizeof(Elf64_Phdr)) return bad_kernel("has damaged program headers");
  return header;
}

Result<std::vector<Elf64_Phdr>> read_program_headers(std::span<const std::byte> file,
                                                     const Elf64_Ehdr& header) {
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  auto out = std::as_writable_bytes(std::span(headers));
  auto bytes = TRY(part_of(file, header.e_phoff, out.size(), "its program headers"));
  std::ranges::copy(bytes, out.begin());
  return headers;
}

Result<LinuxImage::Segment> read_segment(std::span<const std::byte> file,
                                         const Elf64_Phdr& header) {
  auto content = TRY(part_of(file, header.p_offset, header.p_filesz, "a segment"));
  if (header.p_memsz < header.p_filesz) return bad_kernel("has a damaged segment");
  if (header.p_paddr < LinuxImage::kLowest) return bad_kernel("has a segment below 1 MiB");
  if (header.p_paddr >= LinuxImage::kEnd || header.p_memsz > LinuxImage::kEnd - header.p_paddr) {
    return bad_kernel("has a segment past 4 GiB", EFBIG);
  }
  GuestRange range = TRY(GuestRange::create(GuestAddress(header.p_paddr), header.p_memsz));
  return LinuxImage::Segment{.range = range, .content = content};
}

Result<std::vector<LinuxImage::Segment>> read_segments(std::span<const std::byte> file,
                                                       std::span<const Elf64_Phdr> headers) {
  std::vector<LinuxImage::Segment> segments;
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type != PT_LOAD || each.p_memsz == 0) continue;
    segments.push_back(TRY(read_segment(file, each)));
  }
  if (segments.empty()) return bad_kernel("has no segments");
  std::ranges::sort(segments, {}, [](const auto& each) { return each.range.start(); });
  auto overlap = [](const auto& a, const auto& b) { return a.range.overlaps(b.range); };
  if (std::ranges::adjacent_find(segments, overlap) != segments.end()) {
    return bad_kernel("has segments that overlap");
  }
  return segments;
}

Result<std::optional<GuestAddress>> find_pvh_entry(std::span<const std::byte> file,
                                                   std::span<const Elf64_Phdr> headers) {
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type != PT_NOTE) continue;
    auto notes = TRY(part_of(file, each.p_offset, each.p_filesz, "its notes"));
    auto entry = TRY(pvh_entry(notes, each.p_align));
    if (entry) return entry;
  }
  return std::optional<GuestAddress>();
}

bool is_code(const LinuxImage& image, GuestAddress address) {
  return std::ranges::any_of(image.segments, [&](const LinuxImage::Segment& each) {
    return each.range.contains(address) &&
           address.value() - each.range.start().value() < each.content.size();
  });
}

// The fields that say what this is: an ELF file has no such header. Linux wants to find them.
setup_header header_of_elf() {
  setup_header header{};
  header.boot_flag = kBootFlag;
  header.header = kHeaderMagic;
  header.version = kOldestVersion;
  return header;
}

}  // namespace

bool is_elf(std::span<const std::byte> file) {
  return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0;
}

Result<LinuxImage> parse_elf_image(std::span<const std::byte> file) {
  // Linux's own limits, which an ELF file does not tell: COMMAND_LINE_SIZE, and what its header
  // says in every bzImage.
  constexpr uint32_t kCommandLineSize = 2047;
  constexpr GuestAddress kInitrdLast(0x7fff'ffff);

  if (!is_elf(file)) return bad_kernel("is no ELF file");
  Elf64_Ehdr header = TRY(read_elf_header(file));
  auto program_headers = TRY(read_program_headers(file, header));
  LinuxImage image;
  image.segments = TRY(read_segments(file, program_headers));
  auto pvh = TRY(find_pvh_entry(file, program_headers));
  image.how = pvh ? LinuxImage::Entry::kPvh : LinuxImage::Entry::k64Bit;
  image.entry = pvh.value_or(GuestAddress(header.e_entry));
  if (!is_code(image, image.entry)) return bad_kernel("has no code where it is entered");
  image.initrd_last = kInitrdLast;
  image.command_line_size = kCommandLineSize;
  image.header = header_of_elf();
  return image;
}

}  // namespace vm_control::vmm
