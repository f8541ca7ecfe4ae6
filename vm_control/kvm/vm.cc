// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/vm.h"

#include <linux/kvm.h>

#include <string>

#include "vm_control/base/try.h"
#include "vm_control/kvm/ioctl.h"

namespace vm_control::kvm {
namespace {

constexpr uint64_t kPorts = 0x10000;
constexpr uint64_t kBitsPerWord = 64;

std::string name(Slot slot) {
  return "slot " + std::to_string(slot.value());
}

Result<void> set_region(int fd, Slot slot, uint32_t flags, uint64_t start, uint64_t size,
                        std::byte* host, const char* action) {
  // The upper half of a slot's number selects another address space: system management mode's.
  if (slot.value() > UINT16_MAX) return fail(EINVAL, action, name(slot));
  kvm_userspace_memory_region region{.slot = slot.value(),
                                     .flags = flags,
                                     .guest_phys_addr = start,
                                     .memory_size = size,
                                     .userspace_addr = reinterpret_cast<uintptr_t>(host)};
  // The name is built only for an error: building it takes longer than the rest.
  auto set = control(fd, KVM_SET_USER_MEMORY_REGION, &region, action);
  if (!set) return fail(set.error().code(), action, name(slot));
  return {};
}

bool is_valid(const Ioevent& ioevent) {
  if (ioevent.space == Ioevent::Space::kPort && ioevent.address >= kPorts) return false;
  switch (ioevent.length) {
    case 0:
      return !ioevent.datamatch;
    case 1:
    case 2:
    case 4:
    case 8:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Vm> Vm::create(const Kvm& kvm) {
  constexpr unsigned long kDefaultType = 0;
  UniqueFd fd(ioctl_through_signals(kvm.fd(), KVM_CREATE_VM, kDefaultType));
  if (!fd) return fail_errno("create a VM");
  return Vm(std::move(fd), kvm.capabilities());
}

Result<void> Vm::set_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags flags) {
  constexpr const char* kAction = "set memory";
  if (flags.read_only && !capabilities_.read_only_memory) {
    return fail(ENOTSUP, kAction, name(slot) + " (this KVM has no read-only memory)");
  }
  uint32_t bits = (flags.read_only ? uint32_t{KVM_MEM_READONLY} : 0) |
                  (flags.log_dirty ? uint32_t{KVM_MEM_LOG_DIRTY_PAGES} : 0);
  // An empty region would remove the slot, but a GuestRange is never empty.
  TRY(set_region(fd(), slot, bits, range.start().value(), range.size(), host, kAction));
  set_logged_pages(slot, flags.log_dirty ? range.size() / kPageSize : 0);
  return {};
}

Result<void> Vm::remove_memory(Slot slot) {
  TRY(set_region(fd(), slot, 0, 0, 0, nullptr, "remove memory"));
  set_logged_pages(slot, 0);
  return {};
}

void Vm::set_logged_pages(Slot slot, uint64_t pages) {
  std::lock_guard lock(*mutex_);
  if (pages > 0) {
    logged_pages_[slot.value()] = pages;
  } else {
    logged_pages_.erase(slot.value());
  }
}

uint64_t Vm::logged_pages(Slot slot) const {
  std::lock_guard lock(*mutex_);
  auto found = logged_pages_.find(slot.value());
  return found == logged_pages_.end() ? 0 : found->second;
}

Result<std::vector<uint64_t>> Vm::take_dirty_log(Slot slot) {
  constexpr const char* kAction = "read the dirty log";
  uint64_t pages = logged_pages(slot);
  if (pages == 0) return fail(ENOENT, kAction, name(slot));
  std::vector<uint64_t> bitmap((pages + kBitsPerWord - 1) / kBitsPerWord);
  kvm_dirty_log log{};
  log.slot = slot.value();
  log.dirty_bitmap = bitmap.data();
  TRY(control(fd(), KVM_GET_DIRTY_LOG, &log, kAction, name(slot)));
  return bitmap;
}

Result<void> Vm::control_ioevent(int event, const Ioevent& ioevent, uint32_t flags,
                                 const char* action) {
  if (!is_valid(ioevent)) return fail(EINVAL, action);
  if (!capabilities_.ioeventfd || (ioevent.length == 0 && !capabilities_.ioeventfd_any_length)) {
    return fail(ENOTSUP, action);
  }
  if (ioevent.space == Ioevent::Space::kPort) flags |= KVM_IOEVENTFD_FLAG_PIO;
  if (ioevent.datamatch) flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
  kvm_ioeventfd request{};
  request.datamatch = ioevent.datamatch.value_or(0);
  request.addr = ioevent.address;
  request.len = ioevent.length;
  request.fd = event;
  request.flags = flags;
  return control(fd(), KVM_IOEVENTFD, &request, action);
}

Result<void> Vm::register_ioevent(int event, const Ioevent& ioevent) {
  return control_ioevent(event, ioevent, 0, "register an ioeventfd");
}

Result<void> Vm::unregister_ioevent(int event, const Ioevent& ioevent) {
  return control_ioevent(event, ioevent, KVM_IOEVENTFD_FLAG_DEASSIGN, "unregister an ioeventfd");
}

Result<void> Vm::register_irqfd(int event, uint32_t gsi) {
  constexpr const char* kAction = "register an irqfd";
  if (!capabilities_.irqfd) return fail(ENOTSUP, kAction);
  kvm_irqfd request{};
  request.fd = static_cast<uint32_t>(event);
  request.gsi = gsi;
  return control(fd(), KVM_IRQFD, &request, kAction);
}

Result<void> Vm::unregister_irqfd(int event, uint32_t gsi) {
  kvm_irqfd request{};
  request.fd = static_cast<uint32_t>(event);
  request.gsi = gsi;
  request.flags = KVM_IRQFD_FLAG_DEASSIGN;
  return control(fd(), KVM_IRQFD, &request, "unregister an irqfd");
}

Result<void> Vm::create_irqchip() {
  constexpr const char* kAction = "create the irqchip";
  if (!capabilities_.irqchip) return fail(ENOTSUP, kAction);
  return control(fd(), KVM_CREATE_IRQCHIP, 0UL, kAction);
}

Result<void> Vm::create_pit() {
  constexpr const char* kAction = "create the timer";
  if (!capabilities_.pit) return fail(ENOTSUP, kAction);
  kvm_pit_config config{};
  config.flags = KVM_PIT_SPEAKER_DUMMY;
  return control(fd(), KVM_CREATE_PIT2, &config, kAction);
}

Result<void> Vm::set_tss_address(GuestAddress address) {
  return control(fd(), KVM_SET_TSS_ADDR, address.value(), "set the address of the TSS");
}

Result<void> Vm::set_identity_map_address(GuestAddress address) {
  uint64_t value = address.value();
  return control(fd(), KVM_SET_IDENTITY_MAP_ADDR, &value, "set the address of the identity map");
}

}  // namespace vm_control::kvm
