// SPDX-License-Identifier: BSD-3-Clause
// The argument of the two CPUID ioctls: a header, and an array after it.
//
// This replaces kvm_cpuid2 of <linux/kvm.h>. With the headers of Linux 6.1 its flexible array makes
// it 4 bytes longer in C++ than in C, and so the numbers of the ioctls, which contain that size,
// wrong.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace vm_control::kvm {

struct CpuidHeader {
  uint32_t entries;
  uint32_t padding;
};

inline constexpr unsigned long kGetSupportedCpuid = _IOWR(KVMIO, 0x05, CpuidHeader);
inline constexpr unsigned long kSetCpuid2 = _IOW(KVMIO, 0x90, CpuidHeader);

class CpuidBuffer {
 public:
  // Room for `count` entries, all zero.
  explicit CpuidBuffer(uint32_t count)
      : bytes_(new std::byte[sizeof(CpuidHeader) + count * sizeof(kvm_cpuid_entry2)]()),
        header_(new (bytes_.get()) CpuidHeader{count, 0}) {}

  CpuidHeader* header() { return header_; }
  kvm_cpuid_entry2* entries() { return reinterpret_cast<kvm_cpuid_entry2*>(header_ + 1); }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  CpuidHeader* header_;
};

}  // namespace vm_control::kvm
