// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/boot.h"

#include "vm_control/base/try.h"
#include "vmm/boot/flat_image.h"

namespace vm_control::vmm {

Result<void> boot_flat_image(Machine& machine, std::span<const std::byte> image) {
  std::span<std::byte> low_ram = machine.ram().low();
  TRY(load_flat_image(image, low_ram));
  return enter_flat_image(machine.vcpus().front(), low_ram.size(),
                          machine.layout().window().start());
}

}  // namespace vm_control::vmm
