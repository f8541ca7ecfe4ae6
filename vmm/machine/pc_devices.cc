// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/pc_devices.h"

#include <memory>
#include <utility>

#include "vm_control/base/try.h"
#include "vmm/devices/i8042.h"
#include "vmm/devices/sleep_control.h"

namespace vm_control::vmm {
namespace {

Result<Serial16550*> add_serial_port(DeviceManager& devices, SerialSink output) {
  Interrupt interrupt = TRY(devices.take_interrupt(Serial16550::kGsi));
  auto serial = TRY(Serial16550::create(std::move(output), std::move(interrupt)));
  Serial16550* port = serial.get();
  TRY(devices.add_at_ports(Serial16550::kPort, Serial16550::kPorts, std::move(serial)));
  return port;
}

Result<void> add_reset_line(Machine& machine) {
  auto controller = std::make_unique<I8042>(
      [&machine] { machine.stop({.kind = ExitReason::Kind::kReset, .detail = {}}); });
  return machine.devices().add_at_ports(I8042::kPort, I8042::kPorts, std::move(controller));
}

Result<void> add_sleep_control(Machine& machine) {
  auto device = std::make_unique<SleepControl>(
      [&machine] { machine.stop({.kind = ExitReason::Kind::kPowerOff, .detail = {}}); });
  return machine.devices().add_at_ports(SleepControl::kPort, SleepControl::kPorts,
                                        std::move(device));
}

}  // namespace

Result<Serial16550*> add_pc_devices(Machine& machine, SerialSink output) {
  TRY(add_reset_line(machine));
  TRY(add_sleep_control(machine));
  return add_serial_port(machine.devices(), std::move(output));
}

}  // namespace vm_control::vmm
