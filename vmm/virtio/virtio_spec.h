// SPDX-License-Identifier: BSD-3-Clause
// Numbers that a virtio device and its driver share, whatever the device.
// Source: Virtual I/O Device (VIRTIO) Version 1.2, sections 2.1 (status), 6 (features).
#pragma once

#include <bit>
#include <cstdint>

namespace vm_control::vmm {

// Rings and registers are little-endian; the code copies them as they are.
static_assert(std::endian::native == std::endian::little);

namespace virtio {

// Bits of the device status, in the order in which a driver sets the first four.
inline constexpr uint32_t kAcknowledge = 1;
inline constexpr uint32_t kDriver = 2;
inline constexpr uint32_t kFeaturesOk = 8;
inline constexpr uint32_t kDriverOk = 4;
inline constexpr uint32_t kNeedsReset = 64;
inline constexpr uint32_t kFailed = 128;

// Features that belong to the queues and the transport.
inline constexpr uint64_t kIndirectDescriptors = uint64_t{1} << 28;
inline constexpr uint64_t kEventIndex = uint64_t{1} << 29;
inline constexpr uint64_t kVersion1 = uint64_t{1} << 32;

}  // namespace virtio

}  // namespace vm_control::vmm
