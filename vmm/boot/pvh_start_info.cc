// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/pvh_start_info.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace vm_control::vmm {
namespace {

struct StartInfo {
  uint32_t magic;
  uint32_t version;
  uint32_t flags;
  uint32_t modules;
  uint64_t module_list;
  uint64_t command_line;
  uint64_t rsdp;
  uint64_t memory_map;
  uint32_t memory_map_entries;
  uint32_t reserved;
};
static_assert(sizeof(StartInfo) == 56);

struct Module {
  uint64_t address;
  uint64_t size;
  uint64_t command_line;
  uint64_t reserved;
};
static_assert(sizeof(Module) == 32);

struct MemoryMapEntry {
  uint64_t address;
  uint64_t size;
  uint32_t type;
  uint32_t reserved;
};
static_assert(sizeof(MemoryMapEntry) == 24);

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
  auto more = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

std::vector<std::byte> pvh_start_info(const BootInfo& info, GuestAddress address) {
  constexpr uint32_t kMagic = 0x336e'c578;
  uint64_t list = address.value() + sizeof(StartInfo);
  std::vector<std::byte> bytes;
  append(bytes, StartInfo{.magic = kMagic,
                          .version = 1,
                          .flags = 0,
                          .modules = info.initrd ? 1u : 0u,
                          .module_list = info.initrd ? list : 0,
                          .command_line = info.command_line.value(),
                          .rsdp = info.rsdp.value(),
                          .memory_map = list + sizeof(Module),
                          .memory_map_entries = static_cast<uint32_t>(info.memory_map.size()),
                          .reserved = 0});
  Module initrd{};
  if (info.initrd) {
    initrd = {.address = info.initrd->start().value(),
              .size = info.initrd->size(),
              .command_line = 0,
              .reserved = 0};
  }
  append(bytes, initrd);
  for (const E820Entry& each : info.memory_map) {
    append(bytes, MemoryMapEntry{.address = each.range.start().value(),
                                 .size = each.range.size(),
                                 .type = static_cast<uint32_t>(each.type),
                                 .reserved = 0});
  }
  return bytes;
}

}  // namespace vm_control::vmm
