// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/bus/byte_device.h"

namespace vm_control::vmm {

void ByteDevice::read(uint64_t offset, std::span<std::byte> data) {
  for (std::byte& each : data) each = std::byte{read_byte(offset++)};
}

void ByteDevice::write(uint64_t offset, std::span<const std::byte> data) {
  for (std::byte each : data) write_byte(offset++, std::to_integer<uint8_t>(each));
}

}  // namespace vm_control::vmm
