// SPDX-License-Identifier: BSD-3-Clause
// The argument of the ioctl that sets model-specific registers: a header, and an array after it.
//
// This replaces kvm_msrs of <linux/kvm.h>, for the reason that cpuid_buffer.h tells.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace vm_control::kvm {

struct MsrHeader {
  uint32_t entries;
  uint32_t padding;
};

inline constexpr unsigned long kSetMsrs = _IOW(KVMIO, 0x89, MsrHeader);

class MsrBuffer {
 public:
  explicit MsrBuffer(std::span<const kvm_msr_entry> msrs)
      : bytes_(new std::byte[sizeof(MsrHeader) + msrs.size_bytes()]),
        header_(new (bytes_.get()) MsrHeader{static_cast<uint32_t>(msrs.size()), 0}) {
    std::ranges::copy(msrs, reinterpret_cast<kvm_msr_entry*>(header_ + 1));
  }

  MsrHeader* header() { return header_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  MsrHeader* header_;
};

}  // namespace vm_control::kvm
