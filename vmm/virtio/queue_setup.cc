// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/queue_setup.h"

#include "vm_control/base/try.h"

namespace vm_control::vmm {
namespace {

void set_low(uint64_t& address, uint32_t half) {
  address = (address & ~uint64_t{UINT32_MAX}) | half;
}
void set_high(uint64_t& address, uint32_t half) {
  address = (address & UINT32_MAX) | uint64_t{half} << 32;
}

}  // namespace

void QueueSetup::write(uint64_t offset, uint32_t value) {
  switch (offset) {
    case 0x38:
      size_ = value;
      break;
    case 0x80:
      set_low(descriptors_, value);
      break;
    case 0x84:
      set_high(descriptors_, value);
      break;
    case 0x90:
      set_low(available_, value);
      break;
    case 0x94:
      set_high(available_, value);
      break;
    case 0xa0:
      set_low(used_, value);
      break;
    case 0xa4:
      set_high(used_, value);
      break;
    default:
      break;
  }
}

Result<void> QueueSetup::enable(const GuestRam& ram, uint64_t features) {
  QueueLayout layout{.size = size_,
                     .descriptors = GuestAddress(descriptors_),
                     .available = GuestAddress(available_),
                     .used = GuestAddress(used_)};
  queue_ = TRY(Virtqueue::create(ram, layout, max_size_, features));
  is_ready_ = true;
  return {};
}

void QueueSetup::disable() {
  queue_.reset();
  is_ready_ = false;
}

}  // namespace vm_control::vmm
