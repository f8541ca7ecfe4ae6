// SPDX-License-Identifier: BSD-3-Clause
// The host's KVM and its capabilities.
//
// Source of this folder: Documentation/virt/kvm/api.rst of Linux. Nothing here aborts: if KVM
// refuses a call, the Error has KVM's errno.
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/kvm/cpuid.h"

namespace vm_control::kvm {

// The capabilities of this host's KVM. They are asked for once, and never assumed.
struct Capabilities {
  uint32_t memory_slots = 0;  // 32764 on current kernels, 509 on old ones
  uint32_t recommended_vcpus = 0;
  uint32_t max_vcpus = 0;
  bool read_only_memory = false;
  bool ioeventfd = false;
  bool ioeventfd_any_length = false;  // ioeventfds for a write of any length
  bool irqfd = false;
  bool irqchip = false;
  bool pit = false;
  bool immediate_exit = false;
  bool tsc_deadline_timer = false;  // of the APIC in KVM
};

class Kvm {
 public:
  // Opens the device and asks it for its capabilities.
  //
  // Errors  ENOENT   there is no such device: this host has no KVM.
  //         EACCES   this user may not use it.
  //         ENOTTY   `path` is not KVM.
  //         ENOTSUP  the version of KVM's interface is not 12, as it has been since 2007.
  static Result<Kvm> open(const std::string& path = "/dev/kvm");

  int fd() const { return fd_.get(); }
  const Capabilities& capabilities() const { return capabilities_; }
  // The bytes that a vCPU shares with this process, a multiple of the page size.
  size_t vcpu_mapping_size() const { return vcpu_mapping_size_; }

  // Every CPU feature that this KVM can give to a guest.
  Result<Cpuid> supported_cpuid() const;

 private:
  Kvm(UniqueFd fd, const Capabilities& capabilities, size_t vcpu_mapping_size)
      : fd_(std::move(fd)), capabilities_(capabilities), vcpu_mapping_size_(vcpu_mapping_size) {}

  UniqueFd fd_;
  Capabilities capabilities_;
  size_t vcpu_mapping_size_;
};

}  // namespace vm_control::kvm
