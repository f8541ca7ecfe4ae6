// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/kvm.h"

#include <fcntl.h>
#include <linux/kvm.h>

#include <algorithm>

#include "vm_control/base/try.h"
#include "vm_control/kvm/cpuid_buffer.h"
#include "vm_control/kvm/ioctl.h"

namespace vm_control::kvm {
namespace {

// Tells the user what to do about it.
const char* advice(int code) {
  switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return " (no KVM on this host: is its kernel module loaded, virtualisation enabled?)";
    case EACCES:
    case EPERM:
      return " (not permitted: is this user in the group that owns it, usually kvm?)";
    default:
      return "";
  }
}

Result<void> check_version(int fd, const std::string& path) {
  int version = ioctl_through_signals(fd, KVM_GET_API_VERSION);
  if (version < 0) return fail_errno("use", path + " (it is not KVM)");
  if (version != KVM_API_VERSION) {
    return fail(ENOTSUP, "use",
                path + " (its API version is " + std::to_string(version) + ", not 12)");
  }
  return {};
}

// 0 if this KVM does not know the capability.
uint32_t ask(int fd, unsigned long capability) {
  return static_cast<uint32_t>(
      std::max(0, ioctl_through_signals(fd, KVM_CHECK_EXTENSION, capability)));
}

Capabilities ask_all(int fd) {
  // The numbers that the API document says to assume if KVM gives none.
  constexpr uint32_t kOldestSlots = 32;
  constexpr uint32_t kOldestVcpus = 4;
  auto either = [](uint32_t answer, uint32_t fallback) { return answer ? answer : fallback; };
  uint32_t recommended = either(ask(fd, KVM_CAP_NR_VCPUS), kOldestVcpus);
  return {
      .memory_slots = either(ask(fd, KVM_CAP_NR_MEMSLOTS), kOldestSlots),
      .recommended_vcpus = recommended,
      .max_vcpus = either(ask(fd, KVM_CAP_MAX_VCPUS), recommended),
      .read_only_memory = ask(fd, KVM_CAP_READONLY_MEM) != 0,
      .ioeventfd = ask(fd, KVM_CAP_IOEVENTFD) != 0,
      .ioeventfd_any_length = ask(fd, KVM_CAP_IOEVENTFD_ANY_LENGTH) != 0,
      .irqfd = ask(fd, KVM_CAP_IRQFD) != 0,
      .irqchip = ask(fd, KVM_CAP_IRQCHIP) != 0,
      .pit = ask(fd, KVM_CAP_PIT2) != 0,
      .immediate_exit = ask(fd, KVM_CAP_IMMEDIATE_EXIT) != 0,
      .tsc_deadline_timer = ask(fd, KVM_CAP_TSC_DEADLINE_TIMER) != 0,
  };
}

}  // namespace

Result<Kvm> Kvm::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) {
    int code = errno;
    return fail(code, "open", path + advice(code));
  }
  TRY(check_version(fd.get(), path));
  int mapping_size = ioctl_through_signals(fd.get(), KVM_GET_VCPU_MMAP_SIZE);
  if (mapping_size < 0) return fail_errno("use", path);
  Capabilities capabilities = ask_all(fd.get());
  return Kvm(std::move(fd), capabilities, static_cast<size_t>(mapping_size));
}

Result<Cpuid> Kvm::supported_cpuid() const {
  constexpr uint32_t kMostEntries = 4096;
  // KVM fails with E2BIG until there is enough room. 256 entries are enough on all known hosts.
  for (uint32_t room = 256;; room *= 2) {
    CpuidBuffer buffer(room);
    if (ioctl_through_signals(fd(), kGetSupportedCpuid, buffer.header()) == 0) {
      return Cpuid(buffer.entries(), buffer.entries() + buffer.header()->entries);
    }
    if (errno != E2BIG || room >= kMostEntries) return fail_errno("get the supported CPUID");
  }
}

}  // namespace vm_control::kvm
