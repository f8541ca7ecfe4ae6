// SPDX-License-Identifier: BSD-3-Clause
// Makes small kernels for tests: files that a loader takes, and whose code nobody runs.
#pragma once

#include <asm/bootparam.h>
#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace vm_control::vmm {

using FileBytes = std::vector<std::byte>;

inline constexpr uint64_t kMebibyte = uint64_t{1} << 20;

// A copy of a field of a packed structure, to which nothing can refer.
template <class T>
T copy_of(T field) {
  return field;
}

template <class T>
void append_to(FileBytes& file, const T& value) {
  auto bytes = std::as_bytes(std::span(&value, 1));
  file.insert(file.end(), bytes.begin(), bytes.end());
}

// ---- bzImage: a boot sector and one sector of setup, then code

inline constexpr size_t kSetupSize = 1024;
inline constexpr size_t kCodeSize = 1024;

// The header of a kernel that runs at 16 MiB and needs 4 MiB there.
inline setup_header good_header() {
  setup_header header{};
  header.setup_sects = 1;
  header.syssize = kCodeSize / 16;
  header.boot_flag = 0xaa55;
  header.jump = 0xeb | 0x6a << 8;  // to the end of the header
  header.header = 0x5372'6448;     // "HdrS"
  header.version = 0x020f;
  header.loadflags = LOADED_HIGH;
  header.initrd_addr_max = 0x7fff'ffff;
  header.kernel_alignment = 2 * kMebibyte;
  header.xloadflags = XLF_KERNEL_64;
  header.cmdline_size = 2047;
  header.pref_address = 16 * kMebibyte;
  header.init_size = 4 * kMebibyte;
  return header;
}

inline FileBytes bz_image(const setup_header& header) {
  FileBytes file(kSetupSize + kCodeSize);
  std::memcpy(file.data() + offsetof(boot_params, hdr), &header, sizeof header);
  std::fill(file.begin() + kSetupSize, file.end(), std::byte{0xcc});
  return file;
}

// ---- ELF: the header, program headers, then what they refer to

class ElfBuilder {
 public:
  ElfBuilder() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_entry = 16 * kMebibyte;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
  }

  // Adds a segment of `content` at the physical address, and of `size` bytes in memory.
  Elf64_Phdr& add_segment(uint64_t address, const FileBytes& content, uint64_t size) {
    contents_.push_back(content);
    headers.push_back({.p_type = PT_LOAD, .p_paddr = address, .p_memsz = size});
    return headers.back();
  }

  Elf64_Phdr& add_notes(const FileBytes& notes) {
    Elf64_Phdr& added = add_segment(0, notes, 0);
    added.p_type = PT_NOTE;
    return added;
  }

  // The file; offsets and sizes in it that are still 0 become right.
  FileBytes build() const {
    Elf64_Ehdr complete = header;
    complete.e_phnum = static_cast<Elf64_Half>(headers.size());
    FileBytes file;
    append_to(file, complete);
    uint64_t offset = sizeof header + headers.size() * sizeof(Elf64_Phdr);
    for (size_t index = 0; index < headers.size(); ++index) {
      Elf64_Phdr each = headers[index];
      if (each.p_offset == 0) each.p_offset = offset;
      if (each.p_filesz == 0) each.p_filesz = contents_[index].size();
      offset += contents_[index].size();
      append_to(file, each);
    }
    for (const FileBytes& each : contents_) file.insert(file.end(), each.begin(), each.end());
    return file;
  }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> headers;

 private:
  std::vector<FileBytes> contents_;
};

// A kernel of code at 16 MiB, and of data at 18 MiB, most of which is zero.
inline ElfBuilder good_elf() {
  ElfBuilder elf;
  elf.add_segment(18 * kMebibyte, FileBytes(64, std::byte{0xdd}), kMebibyte);
  elf.add_segment(16 * kMebibyte, FileBytes(128, std::byte{0xcc}), 128);
  return elf;
}

// A note, with its padding to multiples of 4 bytes.
inline FileBytes elf_note(std::string_view name, uint32_t type, const FileBytes& description) {
  FileBytes note;
  append_to(note, Elf64_Nhdr{.n_namesz = static_cast<uint32_t>(name.size()),
                             .n_descsz = static_cast<uint32_t>(description.size()),
                             .n_type = type});
  for (char each : name) note.push_back(static_cast<std::byte>(each));
  note.resize((note.size() + 3) / 4 * 4);
  note.insert(note.end(), description.begin(), description.end());
  note.resize((note.size() + 3) / 4 * 4);
  return note;
}

// The note that tells the entry of PVH.
template <class Address>
FileBytes pvh_note(Address entry) {
  FileBytes description;
  append_to(description, entry);
  return elf_note({"Xen\0", 4}, 18, description);
}

}  // namespace vm_control::vmm
