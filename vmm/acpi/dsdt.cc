// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/dsdt.h"

#include <string>

#include "vmm/acpi/aml.h"
#include "vmm/acpi/resources.h"
#include "vmm/acpi/table.h"
#include "vmm/devices/panic_device.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/devices/sleep_control.h"

namespace vm_control::vmm {
namespace {

using aml::Bytes;

// A letter and three hexadecimal digits, such as V01F.
std::string numbered(char letter, size_t number) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return {letter, kDigits[number >> 8 & 0xf], kDigits[number >> 4 & 0xf], kDigits[number & 0xf]};
}

Bytes serial_port() {
  return aml::device(
      "COM1", {aml::name("_HID", aml::eisa_id("PNP0501")), aml::name("_UID", aml::integer(0)),
               aml::name("_CRS", aml::resource_template(
                                     {aml::io_ports(Serial16550::kPort, Serial16550::kPorts),
                                      aml::interrupt(Serial16550::kGsi)}))});
}

// The button, and the device whose interrupt says that somebody has pressed it.
Bytes power_button(uint32_t gsi) {
  constexpr uint64_t kPressed = 0x80;
  Bytes button = aml::device("PWRB", {aml::name("_HID", aml::eisa_id("PNP0C0C"))});
  Bytes on_event = aml::method("_EVT", 1,
                               {aml::if_equal(aml::argument(0), aml::integer(gsi),
                                              {aml::notify("PWRB", aml::integer(kPressed))})});
  Bytes events = aml::device(
      "GED_", {aml::name("_HID", aml::string("ACPI0013")), aml::name("_UID", aml::integer(0)),
               aml::name("_CRS", aml::resource_template({aml::interrupt(gsi)})), on_event});
  return aml::sequence({button, events});
}

Bytes panic_device() {
  constexpr uint64_t kPresentAndWorking = 0xf;
  return aml::device("PEVT", {aml::name("_HID", aml::string("QEMU0001")),
                              aml::name("_STA", aml::integer(kPresentAndWorking)),
                              aml::name("_CRS", aml::resource_template({aml::io_ports(
                                                    PanicDevice::kPort, PanicDevice::kPorts)}))});
}

Bytes processor(uint32_t index) {
  return aml::device(numbered('C', index), {aml::name("_HID", aml::string("ACPI0007")),
                                            aml::name("_UID", aml::integer(index))});
}

Bytes virtio_device(size_t index, const AcpiVirtioDevice& device) {
  return aml::device(
      numbered('V', index),
      {aml::name("_HID", aml::string("LNRO0005")), aml::name("_UID", aml::integer(index)),
       aml::name("_CRS", aml::resource_template(
                             {aml::memory(device.registers), aml::interrupt(device.gsi)}))});
}

// The guest writes the first element to the sleep registers for S5; the others mean nothing there.
Bytes power_off_state() {
  Bytes unused = aml::integer(0);
  return aml::name("_S5_",
                   aml::package({aml::integer(SleepControl::kOff), unused, unused, unused}));
}

}  // namespace

std::vector<std::byte> make_dsdt(const AcpiConfig& config) {
  std::vector<Bytes> devices = {serial_port(), power_button(config.power_button_gsi),
                                panic_device()};
  for (uint32_t each = 0; each < config.cpus; ++each) devices.push_back(processor(each));
  for (size_t each = 0; each < config.virtio.size(); ++each) {
    devices.push_back(virtio_device(each, config.virtio[each]));
  }
  AcpiTable table("DSDT", 2);
  table.add_bytes(power_off_state()).add_bytes(aml::scope("_SB_", devices));
  return std::move(table).finish();
}

}  // namespace vm_control::vmm
